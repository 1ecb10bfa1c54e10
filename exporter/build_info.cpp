// What CMake and the compiler say of this build.
#include "exporter/build_info.hpp"

namespace mw {

BuildInfo build_info() {
#ifdef __clang__
  return {MW_VERSION, MW_REVISION, "clang " __clang_version__};
#else
  return {MW_VERSION, MW_REVISION, "gcc " __VERSION__};
#endif
}

}  // namespace mw
