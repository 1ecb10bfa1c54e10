// The configuration's edges: real files and variables, the reference, suggestions, and caps.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "exporter/config_tables.hpp"

using namespace mw;

namespace {

namespace fs = std::filesystem;

/// A folder that goes away with its test.
class Folder {
 public:
  Folder() : path_(make()) {}
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string write(const std::string& name, const std::string& content, mode_t mode = 0600) const {
    const std::string path = path_ / name;
    std::ofstream(path, std::ios::binary) << content;
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    return path;
  }
  std::string path(const std::string& name) const { return path_ / name; }

 private:
  static fs::path make() {
    std::string name = fs::temp_directory_path() / "mw-config-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    return name;
  }
  fs::path path_;
};

/// What the source says of a file it does not read.
std::string trouble(const std::string& path) {
  std::string error;
  const auto value = system_secrets().file(path, error);
  CHECK_FALSE(value.has_value());
  return error;
}

std::string secret(const std::string& path) {
  std::string error;
  return system_secrets().file(path, error).value_or("not read: " + error);
}

std::string first_error(const ConfigOrErrors& outcome) {
  const auto* errors = std::get_if<std::vector<ConfigError>>(&outcome);
  return errors == nullptr || errors->empty() ? "" : to_string(errors->front());
}

SecretSource no_secrets() {
  const auto file = [](const std::string&, std::string& error) -> std::optional<std::string> {
    error = "is not there";
    return std::nullopt;
  };
  return {file, [](const std::string&) -> std::optional<std::string> { return std::nullopt; }, file};
}

constexpr auto kSmallest = R"([[pool]]
name = "site"
ecosystem = "file"
reference = ["https://www.example.org/pub"]
[[pool.mirror]]
name = "one"
url = "http://mirror.example.org/pub"
)";

}  // namespace

// ---- files --------------------------------------------------------------------------------------------------

TEST_CASE("a secret file is read whole, one trailing newline cut off") {
  const Folder folder;
  CHECK(secret(folder.write("a", "value")) == "value");
  CHECK(secret(folder.write("b", "value\n")) == "value");
  CHECK(secret(folder.write("c", "value\r\n")) == "value");
  CHECK(secret(folder.write("d", "value\n\n")) == "value\n");
  CHECK(secret(folder.write("e", " va lue ", 0640)) == " va lue ");
  CHECK(secret(folder.write("f", "")) == "");
  CHECK(secret(folder.write("g", std::string(65536, 'x'))).size() == 65536);
}

TEST_CASE("a secret file that cannot be trusted or would never end is refused") {
  const Folder folder;
  CHECK(trouble(folder.path("missing")) == "cannot be read (No such file or directory)");
  CHECK(trouble(folder.path("")) == "is a directory");
  CHECK(trouble(folder.write("others", "x", 0604)) == "is open to every user (chmod o-rwx)");
  CHECK(trouble(folder.write("writable", "x", 0602)) == "is open to every user (chmod o-rwx)");
  CHECK(trouble(folder.write("large", std::string(65537, 'x'))) == "is larger than 65536 bytes");
  CHECK(trouble("/dev/zero") == "is not a regular file");
  REQUIRE(::mkfifo(folder.path("pipe").c_str(), 0600) == 0);
  CHECK(trouble(folder.path("pipe")) == "is not a regular file");
  fs::create_symlink(folder.path("loop"), folder.path("loop"));
  CHECK(trouble(folder.path("loop")) == "cannot be read (Too many levels of symbolic links)");
}

TEST_CASE("a symbolic link to a good secret file is followed") {
  const Folder folder;
  fs::create_symlink(folder.write("real", "value\n"), folder.path("link"));
  CHECK(secret(folder.path("link")) == "value");
}

TEST_CASE("a variable is a secret as it stands") {
  REQUIRE(::setenv("MW_CONFIG_TEST", "value\n", 1) == 0);
  CHECK(system_secrets().environment("MW_CONFIG_TEST") == "value\n");
  REQUIRE(::unsetenv("MW_CONFIG_TEST") == 0);
  CHECK_FALSE(system_secrets().environment("MW_CONFIG_TEST").has_value());
}

TEST_CASE("a configuration is loaded from a file, its secrets with it") {
  const Folder folder;
  const std::string token = folder.write("token", "t0ken\n");
  const std::string file = folder.write("a.toml", std::string(kSmallest) + "bearer_file = \"" + token + "\"\n", 0644);
  const auto outcome = load_config(file);
  INFO(first_error(outcome));
  REQUIRE(std::holds_alternative<Config>(outcome));
  const auto& mirror = std::get<Config>(outcome).pools.at(0)->mirrors.at(1);
  CHECK(mirror.credentials.bearer.reveal() == "t0ken");
  CHECK(print_config(std::get<Config>(outcome)).find("t0ken") == std::string::npos);
}

TEST_CASE("what is no configuration file is refused before it is read") {
  const Folder folder;
  const auto complaint = [&](const std::string& path) { return first_error(load_config(path)).substr(path.size()); };
  CHECK(complaint(folder.path("missing")) ==
        ": cannot be read (No such file or directory), expected a configuration file");
  CHECK(complaint(folder.path("")) == ": is a directory, expected a configuration file");
  CHECK(complaint("/dev/zero") == ": is not a regular file, expected a configuration file");
  CHECK(complaint(folder.write("large", std::string((1U << 20U) + 1, '#'))) ==
        ": is larger than 1048576 bytes, expected a configuration file");
  CHECK(complaint(folder.write("nul", std::string("a\0b", 3))) == ":1:2: NUL byte, expected text");
}

// ---- defaults and the reference -----------------------------------------------------------------------------

TEST_CASE("the defaults that the tables tell are those of the structs") {
  const auto read_nothing = [](const auto& fields, auto into) {
    const TomlNode nothing;
    const SecretSource secrets = no_secrets();
    Reading reading("", secrets);
    for (const auto& row : fields)
      if (row.fallback_node) row.read(Spot{&*row.fallback_node, row.key, &reading}, into);
    CHECK(reading.ok());
    return into;
  };
  CHECK(print_table(read_nothing(agent_fields(), AgentConfig{}), agent_fields(), "") ==
        print_table(AgentConfig{}, agent_fields(), ""));
  CHECK(read_nothing(mirror_fields(), Mirror{}) == Mirror{});
  CHECK(read_nothing(http_fields(), HttpExpectation{}) == HttpExpectation{});
  CHECK(read_nothing(receiver_fields(), Receiver{}) == Receiver{});
  CHECK(read_nothing(rule_fields(), Rule{}) == Rule{});
}

TEST_CASE("the reference documents every key that is not hidden, from the same rows") {
  const std::string reference = config_reference();
  const auto documents = [&](const auto& fields) {
    for (const auto& row : fields) {
      CAPTURE(row.key);
      const bool shown = reference.find("| `" + row.key + "` | ") != std::string::npos;
      CHECK((shown || row.need == Need::hidden));
      CHECK((row.need == Need::hidden || !row.doc.empty()));
      CHECK_FALSE(row.expects.empty());
    }
  };
  documents(agent_fields());
  documents(pool_fields());
  documents(mirror_fields());
  documents(proxy_fields());
  documents(http_fields());
  documents(canary_fields());
  documents(rule_fields());
  documents(receiver_fields());
  for (const ReceiverKind* kind : receiver_kinds()) documents(kind_fields(*kind));
  for (const Ecosystem* ecosystem : ecosystems()) documents(option_fields(*ecosystem));
  const auto mirror = reference.find("### `[[pool.mirror]]`");
  REQUIRE(mirror != std::string::npos);
  const std::string of_mirror = reference.substr(mirror, reference.find("\n### ", mirror + 1) - mirror);
  CHECK(of_mirror.find("| `bearer_file` |") != std::string::npos);
  CHECK(of_mirror.find("| `bearer` |") == std::string::npos);
  CHECK(reference.find(
            "| `interval` | a duration from 1s to 7d | 15m for apt, 5m for file, 15m for go | between two looks |") !=
        std::string::npos);
  CHECK(reference.find("| `name` | a name of 1 to 64 printable characters | **required** |") != std::string::npos);
}

TEST_CASE("an ecosystem's options are filled in with its defaults") {
  const std::string text = R"([[pool]]
name = "debian"
ecosystem = "apt"
reference = ["https://ftp.debian.org/debian"]
apt = { suite = "bookworm", keyring = "/k.gpg" }
mirror = [{ name = "a", url = "http://a.example.org" }]
[[pool]]
name = "files"
ecosystem = "file"
file = { max_bytes = 4096 }
reference = ["https://ftp.debian.org/debian"]
mirror = [{ name = "a", url = "http://a.example.org" }]
)";
  const auto outcome = parse_config(text, "a.toml", no_secrets());
  INFO(first_error(outcome));
  const auto& pools = std::get<Config>(outcome).pools;
  const std::map<std::string, std::string> expected = {
      {"suite", "bookworm"}, {"keyring", "/k.gpg"}, {"component", "main"}, {"architecture", "amd64"}, {"trace", ""}};
  CHECK(pools.at(0)->options == expected);
  CHECK(pools.at(1)->options.at("max_bytes") == "4096");
}

TEST_CASE("a cluster is one receiver for each address, and a rule that names it tells them all") {
  const std::string text = R"(
[[pool]]
name = "files"
ecosystem = "file"
reference = ["https://mirrors.example.org/"]
[[pool.mirror]]
name = "m"
url = "https://mirror.example.org/"
[[alert]]
name = "MirrorDown"
when = "failures[3] >= 2"
notify = ["am", "hook"]
[[receiver]]
name = "am"
alertmanager = { url = ["http://a.example.org:9093/", "http://b.example.org:9093/"] }
[[receiver]]
name = "hook"
webhook = { url = "https://example.org/hook" }
)";
  auto parsed = parse_config(text, "cluster.toml", system_secrets());
  REQUIRE(std::holds_alternative<Config>(parsed));
  const Config config = with_endpoints(std::get<Config>(parsed));
  REQUIRE(config.receivers.size() == 3);
  CHECK(config.receivers[0].name == "am/1");
  CHECK(config.receivers[1].name == "am/2");
  CHECK(config.receivers[1].secret("url").reveal() == "http://b.example.org:9093/");
  CHECK(config.receivers[2].name == "hook");
  CHECK(config.rules[0].notify == std::vector<std::string>{"am/1", "am/2", "hook"});
  CHECK(print_config(std::get<Config>(parsed)).find("a.example.org") == std::string::npos);
}

TEST_CASE("references come first and are marked, whatever the order of the text") {
  const std::string text = R"([[pool]]
name = "site"
ecosystem = "file"
mirror = [{ name = "a", url = "http://a.example.org" }, { name = "b", url = "http://b.example.org" }]
reference = ["http://r.example.org:8080/x", { url = "http://s.example.org", name = "s" }]
)";
  const auto outcome = parse_config(text, "a.toml", no_secrets());
  INFO(first_error(outcome));
  std::string order;
  for (const Mirror& mirror : std::get<Config>(outcome).pools.at(0)->mirrors)
    order += mirror.name + (mirror.reference ? "! " : " ");
  CHECK(order == "r.example.org:8080! s! a b ");
}

// ---- suggestions and caps -----------------------------------------------------------------------------------

TEST_CASE("a misspelt word is understood up to two slips") {
  const std::vector<std::string> known = {"interval", "timeout", "url", "name"};
  const auto all = ", expected one of interval, timeout, url, name";
  CHECK(suggestion("intervall", known) == ", did you mean 'interval'?");
  CHECK(suggestion("intrevla", known) == ", did you mean 'interval'?");
  CHECK(suggestion("TimeOut", known) == ", did you mean 'timeout'?");
  CHECK(suggestion("ulr", known) == ", did you mean 'url'?");
  CHECK(suggestion("nme", known) == ", did you mean 'name'?");
  CHECK(suggestion("foo", known) == all);
  CHECK(suggestion("u", known) == all);
  CHECK(suggestion("", known) == all);
  CHECK(suggestion("intxrvxlx", known) == all);
  CHECK(suggestion("x", {}).empty());
  CHECK(suggestion("x", {"only"}) == ", expected only");
  CHECK(suggestion("completely", std::vector<std::string>(33, "different")).empty());
  CHECK(suggestion(std::string(1'000'000, 'x'), known) == all);
}

TEST_CASE("a thousand errors are told, then no more") {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += "k" + std::to_string(i) + " = 1\n";
  const auto outcome = parse_config(text, "a.toml", no_secrets());
  const auto& errors = std::get<std::vector<ConfigError>>(outcome);
  REQUIRE(errors.size() == 1001);
  CHECK(to_string(errors.back()) == "a.toml: too many errors, the rest is left out");
}

TEST_CASE("a rejected configuration cannot put a line of its own into the log") {
  const auto outcome = parse_config("\"a\\nb\" = 1\n", "a.toml", no_secrets());
  CHECK(first_error(outcome).find('\n') == std::string::npos);
}
