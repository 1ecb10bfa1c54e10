// Owns the precompiled header of all Catch2 tests; catch_main.cpp, which compiles Catch2 itself, cannot.
