// One table. Write-ahead log with full synchronisation: what save() has returned from survives a power cut.
#include "probes/live_state.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "probes/live_loop.hpp"

namespace mw {

namespace {

constexpr int kApplicationId = 0x6d777374;  ///< "mwst"
constexpr int kSchema = 1;
constexpr std::size_t kLargestValue = std::size_t{64} << 20U;

struct Closer {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
struct Finalizer {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, Closer>;
using Statement = std::unique_ptr<sqlite3_stmt, Finalizer>;

std::string trouble(sqlite3* database) { return sqlite3_errmsg(database); }

bool execute(sqlite3* database, const char* sql) {
  return sqlite3_exec(database, sql, nullptr, nullptr, nullptr) == SQLITE_OK;
}

Statement prepare(sqlite3* database, const char* sql) {
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v2(database, sql, -1, &statement, nullptr);
  return Statement(statement);
}

/// -1 when it cannot be read.
int pragma_number(sqlite3* database, const char* sql) {
  const Statement statement = prepare(database, sql);
  if (!statement || sqlite3_step(statement.get()) != SQLITE_ROW) return -1;
  return sqlite3_column_int(statement.get(), 0);
}

std::string column(sqlite3_stmt* statement, int index) {
  const auto* text = static_cast<const char*>(sqlite3_column_blob(statement, index));
  const int size = sqlite3_column_bytes(statement, index);
  return text == nullptr ? std::string() : std::string(text, static_cast<std::size_t>(size));
}

bool bind(sqlite3_stmt* statement, int index, const std::string& text) {
  return text.size() <= kLargestValue &&
         sqlite3_bind_blob(statement, index, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT) == SQLITE_OK;
}

bool bind_key(sqlite3_stmt* statement, const Record& record) {
  return bind(statement, 1, record.kind) && bind(statement, 2, record.pool) && bind(statement, 3, record.subject) &&
         bind(statement, 4, record.item);
}

class SqliteState final : public StateFile {
 public:
  SqliteState(Descriptor lock, Database database) : lock_(std::move(lock)), database_(std::move(database)) {}

  std::vector<Record> load() override {
    std::vector<Record> records;
    const Statement rows = prepare(database_.get(), "SELECT kind, pool, subject, item, value FROM record");
    while (rows && sqlite3_step(rows.get()) == SQLITE_ROW)
      records.push_back({column(rows.get(), 0), column(rows.get(), 1), column(rows.get(), 2), column(rows.get(), 3),
                         column(rows.get(), 4)});
    return records;
  }

  std::optional<std::string> save(const std::vector<Record>& records) override {
    if (!execute(database_.get(), "BEGIN IMMEDIATE")) return trouble(database_.get());
    bool good = true;
    for (const Record& record : records) good = good && write(record);
    if (good && execute(database_.get(), "COMMIT")) return std::nullopt;
    std::string why = trouble(database_.get());
    execute(database_.get(), "ROLLBACK");
    return why;
  }

 private:
  bool write(const Record& record) {
    const Statement statement = prepare(
        database_.get(), record.value ? "INSERT OR REPLACE INTO record VALUES (?1, ?2, ?3, ?4, ?5)"
                                      : "DELETE FROM record WHERE kind=?1 AND pool=?2 AND subject=?3 AND item=?4");
    const bool bound =
        statement && bind_key(statement.get(), record) && (!record.value || bind(statement.get(), 5, *record.value));
    return bound && sqlite3_step(statement.get()) == SQLITE_DONE;
  }

  Descriptor lock_;  ///< held as long as the file is open: one process at a time
  Database database_;
};

/// Empty when it is ours and whole; "newer" or a complaint otherwise.
std::string inspect(sqlite3* database) {
  const int id = pragma_number(database, "PRAGMA application_id");
  const int schema = pragma_number(database, "PRAGMA user_version");
  if (id < 0 || schema < 0) return trouble(database);
  if (id != 0 && id != kApplicationId) return "it is a database of another program";
  const Statement check = prepare(database, "PRAGMA quick_check(1)");
  if (!check || sqlite3_step(check.get()) != SQLITE_ROW) return trouble(database);
  const std::string answer = column(check.get(), 0);
  return answer == "ok" ? "" : answer;
}

bool set_up(sqlite3* database) {
  const std::string id = "PRAGMA application_id=" + std::to_string(kApplicationId);
  const std::string schema = "PRAGMA user_version=" + std::to_string(kSchema);
  return execute(database, "PRAGMA journal_mode=WAL") && execute(database, "PRAGMA synchronous=FULL") &&
         execute(database, "PRAGMA wal_autocheckpoint=512") &&
         execute(database,
                 "CREATE TABLE IF NOT EXISTS record (kind TEXT, pool TEXT, subject TEXT, item TEXT, value BLOB, "
                 "PRIMARY KEY (kind, pool, subject, item)) WITHOUT ROWID") &&
         execute(database, id.c_str()) && execute(database, schema.c_str());
}

Database open_database(const std::string& path) {
  sqlite3* database = nullptr;
  sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW, nullptr);
  sqlite3_busy_timeout(database, 1000);
  return Database(database);
}

/// Where to put a damaged database: a name that is not taken.
std::string free_name(const std::string& path) {
  for (int i = 1; i < 1000; ++i) {
    std::string name = path + ".damaged-" + std::to_string(i);
    if (!std::filesystem::exists(name)) return name;
  }
  return path + ".damaged";
}

std::string move_aside(const std::string& path) {
  std::error_code error;
  const std::string name = free_name(path);
  std::filesystem::rename(path, name, error);
  std::filesystem::remove(path + "-wal", error);
  std::filesystem::remove(path + "-shm", error);
  return name;
}

std::variant<Descriptor, std::string> lock(const std::string& directory) {
  Descriptor descriptor(::open((directory + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!descriptor) return "state directory " + directory + ": " + std::strerror(errno) + "; it must be writable";
  if (::flock(descriptor.get(), LOCK_EX | LOCK_NB) != 0)
    return "state directory " + directory + " is in use by another process; give each its own";
  return descriptor;
}

}  // namespace

std::variant<StateOpened, std::string> open_state(const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  auto locked = lock(directory);
  if (auto* why = std::get_if<std::string>(&locked)) return *why;
  const std::string path = directory + "/state.db";
  StateOpened opened;
  Database database = open_database(path);
  if (pragma_number(database.get(), "PRAGMA user_version") > kSchema)
    return path + " was written by a newer mirrorwarden; upgrade this one, or give it another directory";
  if (!inspect(database.get()).empty()) {
    database.reset();
    opened.moved_aside = move_aside(path);
    database = open_database(path);
  }
  if (!set_up(database.get())) return path + ": " + trouble(database.get());
  opened.file = std::make_shared<SqliteState>(std::get<Descriptor>(std::move(locked)), std::move(database));
  return opened;
}

}  // namespace mw
