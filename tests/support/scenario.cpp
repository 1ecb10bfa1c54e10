// Reads a scenario and plays it against a Warden behind a FakeNet.
#include "tests/support/scenario.hpp"

#include <array>
#include <deque>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "exporter/warden.hpp"
#include "probes/duration.hpp"
#include "tests/support/fake_net.hpp"

namespace mw {

namespace {

struct Step {
  unsigned line = 0;
  Duration at{};
  std::vector<std::string> words;
};

struct Script {
  std::map<std::string, std::string> configs;
  std::vector<Step> steps;
};

/// Words are separated by blanks; "quoted text" is one word and knows \n, \" and \\.
std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i < line.size();) {
    if (line[i] == ' ' || line[i] == '\t') {
      ++i;
      continue;
    }
    std::string word;
    const bool quoted = line[i] == '"';
    if (quoted) ++i;
    for (; i < line.size() && (quoted ? line[i] != '"' : line[i] != ' '); ++i) {
      const bool escaped = quoted && line[i] == '\\' && i + 1 < line.size();
      if (escaped) ++i;
      word += escaped && line[i] == 'n' ? '\n' : line[i];
    }
    if (quoted) ++i;
    words.push_back(std::move(word));
  }
  return words;
}

Script parse(const std::string& text) {
  Script script;
  std::istringstream lines(text);
  std::string line;
  std::string* config = nullptr;
  for (unsigned number = 1; std::getline(lines, line); ++number) {
    if (config != nullptr) {
      if (line == "end")
        config = nullptr;
      else
        *config += line + "\n";
      continue;
    }
    std::vector<std::string> words = split(line);
    if (words.empty() || words[0].starts_with('#')) continue;
    if (words[0] == "config") {
      config = &script.configs[words.size() > 1 ? words[1] : "first"];
      continue;
    }
    const auto at = words.size() > 2 && words[0] == "at" ? parse_duration(words[1]) : std::nullopt;
    if (!at) throw std::runtime_error("line " + std::to_string(number) + ": expected 'at DURATION VERB …'");
    words.erase(words.begin(), words.begin() + 2);
    script.steps.push_back({number, *at, std::move(words)});
  }
  return script;
}

std::string describe(const Verdict& verdict) {
  std::string text(name(verdict.state));
  if (verdict.failure)
    text += " " + std::string(name(verdict.failure->layer)) + "/" + std::string(name(verdict.failure->reason));
  return text;
}

/// A disk that outlives the process.
struct MemoryState final : StateFile {
  std::map<std::array<std::string, 4>, Record> records;
  std::vector<Record> load() override {
    std::vector<Record> all;
    for (const auto& [key, record] : records) all.push_back(record);
    return all;
  }
  std::optional<std::string> save(const std::vector<Record>& changed) override {
    for (const Record& record : changed) records[{record.kind, record.pool, record.subject, record.item}] = record;
    return std::nullopt;
  }
};

class Player final : public WardenEvents {
 public:
  Player(Script script, std::string file) : script_(std::move(script)), file_(std::move(file)) {
    net_.on_fetch([this](const Fetch& fetch) { take_notice(fetch); });
    net_.on_run([](const Command&) { return Ran{std::nullopt, 127, "", ""}; });
  }

  ScenarioResult play() {
    // The world as it is at 0s is there before the agent is.
    std::size_t next = 0;
    while (next < script_.steps.size() && script_.steps[next].at == Duration::zero() &&
           script_.steps[next].words[0] != "expect")
      act(script_.steps[next++]);
    configure("first", 0);
    for (; next < script_.steps.size(); ++next) {
      const Step& step = script_.steps[next];
      const Duration passed = net_.now().time_since_epoch();
      if (step.at < passed) fail(step.line, "a time no earlier than the line before", format_duration(step.at));
      net_.run_for(step.at - passed);
      act(step);
    }
    warden_->stop();
    return std::move(result_);
  }

  void published(std::shared_ptr<const Published> picture) override { picture_ = std::move(picture); }
  void verdict_changed(const VerdictChange& change) override {
    ++changes_[change.key.pool + "/" + change.key.mirror];
    note(change.key.pool + "/" + change.key.mirror + " " + describe(change.before) + " -> " + describe(change.after));
  }
  void slot_missed(const MirrorKey&, CheckKind) override { ++missed_; }
  void coroutine_died(const std::string& what) override {
    result_.failures.push_back(file_ + ": internal error: " + what);
  }

 private:
  using Words = std::vector<std::string>;

  void note(const std::string& text) {
    result_.trace += format_duration(net_.now().time_since_epoch()) + " " + text + "\n";
  }
  void fail(unsigned line, const std::string& expected, const std::string& seen) {
    result_.failures.push_back(file_ + ":" + std::to_string(line) + ": expected " + expected + ", saw " + seen);
  }

  void configure(const std::string& name, unsigned line) {
    configured_ = name;
    SecretSource none;
    none.file = [](const std::string&, std::string& error) -> std::optional<std::string> {
      error = "no files in scenarios";
      return std::nullopt;
    };
    none.environment = [](const std::string&) -> std::optional<std::string> { return std::nullopt; };
    auto parsed = parse_config(script_.configs[name], file_ + "#" + name, none);
    if (auto* config = std::get_if<Config>(&parsed))
      return warden_->configure(std::make_shared<const Config>(std::move(*config)));
    for (const ConfigError& error : std::get<std::vector<ConfigError>>(parsed))
      fail(line, "a good configuration", to_string(error));
  }

  std::unique_ptr<Warden> born() { return std::make_unique<Warden>(loop_.get_executor(), net_, *this, "test", state_); }

  /// The process ends, with or without a last word, and another begins.
  void begin_anew(bool orderly, unsigned line) {
    warden_->stop();
    if (orderly) warden_->save_finally();
    dead_.push_back(std::move(warden_));
    warden_ = born();
    note(orderly ? "restart" : "crash");
    configure(configured_, line);
  }

  void act(const Step& step) {
    const Words& words = step.words;
    const auto word = [&](std::size_t i) { return i < words.size() ? words[i] : std::string(); };
    if (words[0] == "expect") return expect(step.line, words);
    if (words[0] == "serve")
      net_.host(word(1)).pages[word(2)] = {std::atoi(word(3).c_str()), word(4), {}};
    else if (words[0] == "header")
      net_.host(word(1)).pages[word(2)].headers.emplace_back(word(3), word(4));
    else if (words[0] == "large")
      net_.host(word(1)).pages[word(2)] = {200, std::string(std::stoul(word(3)) * 1024, 'x'), {}};
    else if (words[0] == "redirect")
      net_.host(word(1)).pages[word(2)] = {302, "", {{"location", word(3)}}};
    else if (words[0] == "trouble")
      net_.host(word(1)).trouble = word(2);
    else if (words[0] == "fine")
      net_.host(word(1)).trouble.clear();
    else if (words[0] == "name")
      name_is(word(1), word(2));
    else if (words[0] == "wall")
      step_wall(word(1));
    else if (words[0] == "hush")
      hush(step.line, word(1), word(2));
    else if (words[0] == "lift")
      warden_->lift(silence_);
    else if (words[0] == "reload")
      configure(word(1), step.line);
    else if (words[0] == "restart" || words[0] == "crash")
      begin_anew(words[0] == "restart", step.line);
    else
      fail(step.line, "a known verb", words[0]);
  }

  void hush(unsigned line, const std::string& matcher, const std::string& lasts) {
    Silence wanted;
    const auto parsed = parse_matcher(matcher);
    if (const auto* good = std::get_if<Matcher>(&parsed)) wanted.matchers = {*good};
    wanted.starts_at = net_.wall();
    wanted.ends_at = net_.wall() + parse_duration(lasts).value_or(Duration::zero());
    wanted.created_by = "scenario";
    wanted.comment = "told to";
    const auto laid = warden_->lay(wanted);
    if (const auto* refused = std::get_if<NotLaid>(&laid)) return fail(line, "a silence", refused->why);
    silence_ = std::get<std::string>(laid);
  }

  void name_is(const std::string& name, const std::string& answer) {
    Answer reply;
    std::istringstream list(answer);
    for (std::string each; std::getline(list, each, ',');)
      if (const auto address = parse_address(each)) reply.addresses.push_back(*address);
    if (reply.addresses.empty())
      reply.failure = Failure{Layer::dns, answer == "timeout" ? Reason::timeout : Reason::nxdomain, name};
    net_.name_is(name, std::move(reply));
  }

  void step_wall(const std::string& by) {
    const Duration size = parse_duration(by.substr(1)).value_or(Duration::zero());
    net_.step_wall(by.starts_with('-') ? -size : size);
  }

  /// One message tried several times is one notice; what was told before, and goes on, is only a reminder.
  void take_notice(const Fetch& fetch) {
    if (fetch.method != "POST") return;
    const auto id = std::find_if(fetch.headers.begin(), fetch.headers.end(),
                                 [](const auto& field) { return field.first == "webhook-id"; });
    if (id == fetch.headers.end()) return note("a word to the watchdog");
    if (!ids_.insert(id->second).second) return note("once more: " + id->second);
    const auto payload = nlohmann::json::parse(fetch.body);
    const auto& labels = payload.at("commonLabels");
    std::string text = payload.at("status").get<std::string>() + " " + labels.at("alertname").get<std::string>() + " " +
                       labels.at("mirror").get<std::string>();
    note("notice to " + payload.at("receiver").get<std::string>() + ": " + text);
    const std::string began = payload.at("alerts").at(0).at("startsAt").get<std::string>();
    if (told_.insert(text + " " + began).second) notices_.push_back(std::move(text));
  }

  void expect(unsigned line, const Words& words) {
    const auto word = [&](std::size_t i) { return i < words.size() ? words[i] : std::string(); };
    if (word(1) == "mirror") return expect_mirror(line, word(2), word(3) + (words.size() > 4 ? " " + word(4) : ""));
    if (word(1) == "blame") return expect_blame(line, word(2), word(3));
    if (word(1) == "detail") return expect_detail(line, word(2), word(3));
    if (word(1) == "changes") return expect_changes(line, word(2), word(3), word(4));
    if (word(1) == "lag") return expect_lag(line, word(2), word(3), word(4));
    if (word(1) == "good") return expect_good(line, words);
    if (word(1) == "ahead") return expect_ahead(line, word(2), word(3));
    if (word(1) == "regressions") return expect_regressions(line, word(2), word(3));
    if (word(1) == "notice") return expect_notice(line, word(2) + " " + word(3) + " " + word(4));
    if (word(1) == "silence") return expect_silence(line);
    if (word(1) == "missed") return expect_missed(line, word(2), word(3));
    if (word(1) == "requests") return expect_requests(line, word(2), word(3), word(4));
    fail(line, "a known expectation", word(1));
  }

  /// Null as well when no configuration was accepted: there is no picture then.
  const MirrorView* find(const std::string& path) const {
    if (!picture_) return nullptr;
    for (const auto& view : picture_->snapshot->mirrors)
      if (view->pool->name + "/" + view->mirror->name == path) return view.get();
    return nullptr;
  }

  void expect_mirror(unsigned line, const std::string& path, const std::string& wanted) {
    const MirrorView* view = find(path);
    const std::string seen = view == nullptr ? "absent" : describe(view->verdict);
    if (seen != wanted) fail(line, path + " " + wanted, seen);
  }

  void expect_blame(unsigned line, const std::string& path, const std::string& wanted) {
    const MirrorView* view = find(path);
    const std::string seen = view == nullptr ? "absent" : view->verdict.blame.empty() ? "-" : view->verdict.blame;
    if (seen != wanted) fail(line, path + " blamed on " + wanted, seen);
  }

  void expect_detail(unsigned line, const std::string& path, const std::string& part) {
    const MirrorView* view = find(path);
    const std::string seen = view == nullptr || !view->verdict.failure ? "none" : view->verdict.failure->detail;
    if (seen.find(part) == std::string::npos) fail(line, path + " with " + part + " in its detail", seen);
  }

  void expect_changes(unsigned line, const std::string& path, const std::string& least, const std::string& most) {
    const std::uint64_t seen = std::exchange(changes_[path], 0);
    if (seen < std::stoull(least) || seen > std::stoull(most))
      fail(line, least + ".." + most + " changes of " + path, std::to_string(seen));
  }

  void expect_lag(unsigned line, const std::string& path, const std::string& least, const std::string& most) {
    const MirrorView* view = find(path);
    if (least == "unknown" && view != nullptr && !view->lag.known) return;
    const bool known = view != nullptr && view->lag.known;
    const bool inside = known && view->lag.lower >= parse_duration(least) && view->lag.lower <= parse_duration(most);
    if (!inside) fail(line, path + " lag " + least + ".." + most, known ? format_duration(view->lag.lower) : "unknown");
  }

  /// expect good POOL/NAME CHECK LEAST MOST
  void expect_good(unsigned line, Words words) {
    words.resize(6);
    const std::string what = words[2] + " with its last good " + words[3] + " " + words[4] + ".." + words[5] + " ago";
    const MirrorView* view = find(words[2]);
    if (view == nullptr) return fail(line, what, "absent");
    for (const auto& [kind, state] : view->checks) {
      if (name(kind) != words[3] || !state.last_good) continue;
      const Duration ago = net_.wall() - state.last_good->at;
      if (ago < parse_duration(words[4]) || ago > parse_duration(words[5])) fail(line, what, format_duration(ago));
      return;
    }
    fail(line, what, "none");
  }

  void expect_ahead(unsigned line, const std::string& path, const std::string& wanted) {
    const MirrorView* view = find(path);
    const std::string seen = view == nullptr || !view->lag.known ? "unknown" : view->lag.ahead ? "yes" : "no";
    if (seen != wanted) fail(line, path + " ahead: " + wanted, seen);
  }

  void expect_regressions(unsigned line, const std::string& path, const std::string& wanted) {
    const MirrorView* view = find(path);
    const std::string seen = view == nullptr ? "absent" : std::to_string(view->version_regressions);
    if (seen != wanted) fail(line, path + " gone back " + wanted + " times", seen);
  }

  void expect_notice(unsigned line, const std::string& wanted) {
    const std::string seen = notices_.empty() ? "none" : notices_.front();
    if (seen != wanted) fail(line, "notice " + wanted, seen);
    if (!notices_.empty()) notices_.pop_front();
  }

  void expect_silence(unsigned line) {
    if (!notices_.empty()) fail(line, "no further notice", notices_.front());
    notices_.clear();
  }

  void expect_missed(unsigned line, const std::string& least, const std::string& most) {
    if (missed_ < std::stoull(least) || missed_ > std::stoull(most))
      fail(line, least + ".." + most + " missed slots", std::to_string(missed_));
    missed_ = 0;
  }

  void expect_requests(unsigned line, const std::string& endpoint, const std::string& least, const std::string& most) {
    const auto seen = net_.host(endpoint).requests;
    if (seen < std::stoull(least) || seen > std::stoull(most))
      fail(line, least + ".." + most + " requests to " + endpoint, std::to_string(seen));
  }

  Script script_;
  std::string file_;
  ScenarioResult result_;
  asio::io_context loop_;
  FakeNet net_{loop_};
  std::shared_ptr<MemoryState> state_ = std::make_shared<MemoryState>();
  std::string silence_;  ///< the last that was laid
  std::unique_ptr<Warden> warden_ = born();
  std::vector<std::unique_ptr<Warden>> dead_;  ///< what they left running ends against them, not against nothing
  std::shared_ptr<const Published> picture_;
  std::deque<std::string> notices_;
  std::set<std::string> ids_;   ///< of messages seen
  std::set<std::string> told_;  ///< what was told, and when it began
  std::string configured_;
  std::map<std::string, std::uint64_t> changes_;  ///< of verdicts, by mirror, since last expected
  std::uint64_t missed_ = 0;
};

}  // namespace

ScenarioResult run_scenario(const std::string& text, const std::string& file) {
  return Player(parse(text), file).play();
}

}  // namespace mw
