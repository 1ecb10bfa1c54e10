// A receiver is broken for ten days, in every way that receivers break, while alerts fire and resolve: a table. Played
// against the real Warden in virtual time. What a receiver owes us is nothing; what we owe it arrives when it is back.
#include <catch2/catch.hpp>
#include <cmath>
#include <iostream>

#include "exporter/warden.hpp"
#include "probes/duration.hpp"
#include "tests/support/fake_net.hpp"
#include "tests/support/sample_messages.hpp"

using namespace mw;
using namespace std::chrono_literals;

namespace {

constexpr Duration kBase = 1s;
constexpr Duration kCap = 5min;

// ---- the story ----------------------------------------------------------------------------------------------

// Twelve days of 24 hours, and few looks: what is long here is what the receiver is owed, not what there is to see.
constexpr Duration kDay = 24h;
constexpr Duration kBroken = 3h;
constexpr Duration kHealed = 10 * kDay + 3h;
constexpr Duration kLastNews = 11 * kDay;
constexpr Duration kEnd = 12 * kDay;
constexpr Duration kEvaluated = 30min;

struct Turn {
  Duration at{};
  std::string mirror;
  bool bad = false;
};

const std::vector<Turn>& story() {
  static const std::vector<Turn> told = [] {
    std::vector<Turn> turns = {{10min, "m4", true},    {10min, "m5", true},    {5h, "m2", true},
                               {9h, "m2", false},      {kDay, "m4", false},    {2 * kDay, "m5", false},
                               {3 * kDay, "m5", true}, {5 * kDay, "m3", true}, {5 * kDay + 5h, "m3", false},
                               {9 * kDay, "m2", true}, {10 * kDay, "m6", true}};  // seen before it heals
    for (int i = 0; i < 9; ++i) {
      turns.push_back({i * kDay + 4h, "m1", true});
      turns.push_back({i * kDay + 8h, "m1", false});
    }
    for (const char* last : {"m2", "m5", "m6"}) turns.push_back({kLastNews, last, false});
    std::stable_sort(turns.begin(), turns.end(), [](const Turn& a, const Turn& b) { return a.at < b.at; });
    return turns;
  }();
  return told;
}

/// Which time it was that the mirror had gone bad by then.
std::size_t episode(const std::string& mirror, Duration at) {
  const auto is_it = [&](const Turn& turn) { return turn.mirror == mirror && turn.bad && turn.at <= at; };
  return static_cast<std::size_t>(std::count_if(story().begin(), story().end(), is_it));
}

/// By mirror, what is told of it in order: + fires, - is over, with the number of the episode.
using Hearsay = std::map<std::string, std::string>;

std::string text(const Hearsay& hearsay) {
  std::string all;
  for (const auto& [mirror, told] : hearsay) all += mirror + ": " + told + "; ";
  return all;
}

/// Of whoever takes everything.
Hearsay everything() {
  Hearsay all = {{"m2", "+1 -1 +2 -2"}, {"m3", "+1 -1"}, {"m4", "+1 -1"}, {"m5", "+1 -1 +2 -2"}, {"m6", "+1 -1"}};
  for (const char* number : {"1", "2", "3", "4", "5", "6", "7", "8", "9"})
    all["m1"] += std::string(all["m1"].empty() ? "" : " ") + "+" + number + " -" + number;
  return all;
}

/// Of whoever took nothing while it was broken. m1's first firing was owed for all that time, and what came and
/// went after it would be no news any more.
Hearsay what_is_left() {
  Hearsay left = everything();
  left["m1"] = "+1 -1";
  return left;
}

// ---- the table ----------------------------------------------------------------------------------------------

struct Fault {
  std::string what;
  std::string kind;
  std::string trouble = {};         ///< fake_net.cpp knows what it means
  FakePage answer = {500, "", {}};  ///< when there is no trouble
  Duration least = kBase;           ///< between two attempts
  Duration most = kCap;
  bool hears = false;      ///< whether it takes messages all the same
  Duration latency = 1ms;  ///< of its answers
  Receipt receipt = {};    ///< instead of `answer`, when it is a mail server
};

FakePage asked_to_wait(const std::string& how_long) { return {429, "", {{"retry-after", how_long}}}; }

/// Of any receiver that speaks HTTP.
std::vector<Fault> faults_of_networks_and_servers() {
  const FakePage slow = {200, "", {}};
  const FakePage long_page = {200, std::string(20'000, 'x'), {}};
  return {
      {"down", "webhook", "refused"},
      {"unreachable", "webhook", "unreachable"},
      {"its network drops everything", "webhook", "blackhole"},
      {"hanging", "webhook", "silent"},
      {"resetting", "webhook", "reset"},
      {"talking nonsense", "webhook", "malformed"},
      {"certificate expired", "webhook", "tls_expired"},
      {"certificate of another", "webhook", "tls_host_mismatch"},
      {"handshake hanging", "webhook", "tls_stalled"},
      {"500", "webhook", "", {500, "broken", {}}},
      {"503, back in 90 s", "webhook", "", {503, "", {{"retry-after", "90"}}}, 90s},
      {"429", "webhook", "", {429, "", {}}},
      {"429, in 20 min", "webhook", "", asked_to_wait("1200"), 20min, 20min},
      {"429, in 1 s, again and again", "webhook", "", asked_to_wait("1")},
      {"429, at once, again and again", "webhook", "", asked_to_wait("0")},
      {"401", "webhook", "", {401, "", {}}, 1min},
      {"moved", "webhook", "", {302, "", {{"location", "https://example.org/"}}}, 1min},
      {"slow", "webhook", "", slow, kBase, kCap, true, 9s},
      {"taking everything with a page too long to read", "webhook", "", long_page, kBase, kCap, true},
  };
}

/// 200, and an error in the body.
std::vector<Fault> faults_of_vendors() {
  const FakePage page = {200, "<!DOCTYPE html><title>Please log in</title>", {}};
  return {
      {"says unavailable", "slack", "", {200, R"({"ok":false,"error":"service_unavailable"})", {}}},
      {"says too often", "dingtalk", "", {200, R"({"errcode":130101,"errmsg":"send too fast"})", {}}},
      {"says busy", "dingtalk", "", {200, R"({"errcode":-1,"errmsg":"system busy"})", {}}},
      {"says keywords not in content", "dingtalk", "", {200, R"({"errcode":310000,"errmsg":"keywords"})", {}}, 1min},
      {"answers with a page", "dingtalk", "", page, 1min},
      {"says too often", "feishu", "", {200, R"({"code":11232,"msg":"frequency limited"})", {}}},
      {"says the sign is wrong", "feishu", "", {200, R"({"code":19021,"msg":"sign match fail"})", {}}, 1min},
      {"says too often", "wecom", "", {200, R"({"errcode":45009,"errmsg":"api freq out of limit"})", {}}},
      {"says the key is wrong", "wecom", "", {200, R"({"errcode":93000,"errmsg":"invalid webhook url"})", {}}, 1min},
      {"says no", "telegram", "", {200, R"({"ok":false,"description":"Internal Server Error"})", {}}},
      {"429, in 30 s", "telegram", "", {429, R"({"ok":false,"parameters":{"retry_after":30}})", {}}, 30s},
      {"answers in another's name", "ntfy", "", {200, "ok", {}}},
      {"answers 200, not 202", "pagerduty", "", {200, "{}", {}}},
  };
}

Fault mail_fault(const std::string& what, Receipt receipt, Duration least = kBase) {
  return {what, "email", "", {}, least, kCap, false, 1ms, std::move(receipt)};
}

/// Of mail servers (RFC 5321 §4.2). What live servers make of a letter is live_submit_test's and email_test.py's.
std::vector<Fault> faults_of_mail_servers() {
  Fault slow = mail_fault("slow", {std::nullopt, 250, "2.0.0 taken", true, {}});
  slow.hears = true;
  slow.latency = 9s;
  Fault not_for_one = mail_fault("550 for one recipient", {std::nullopt, 250, "", true, {{"gone@example.org", 550}}});
  not_for_one.hears = true;
  return {
      {"hanging", "email", "silent"},
      {"its network drops everything", "email", "blackhole"},
      {"resetting", "email", "reset"},
      {"talking nonsense", "email", "malformed"},
      {"certificate expired", "email", "tls_expired"},
      {"handshake hanging", "email", "tls_stalled"},
      mail_fault("421, closing", {std::nullopt, 421, "4.3.2 shutting down", false, {}}),
      mail_fault("450 for every recipient", {std::nullopt, 450, "4.7.1 greylisted", false, {}}),
      mail_fault("451 to the text", {std::nullopt, 451, "4.3.0 try again later", true, {}}),
      mail_fault("452, its disk is full", {std::nullopt, 452, "4.3.1 insufficient storage", true, {}}),
      mail_fault("535, the password is wrong", {std::nullopt, 535, "5.7.8 no", false, {}}, 1min),
      mail_fault("550 for every recipient", {std::nullopt, 550, "5.1.1 no such user", false, {}}, 1min),
      std::move(not_for_one),
      std::move(slow),
  };
}

/// Alertmanager is told anew in rounds (resend_test.cpp).
bool is_told_once(const ReceiverKind& kind) { return kind.resend == nullptr; }

std::vector<Fault> faults() {
  std::vector<Fault> all = faults_of_networks_and_servers();
  for (Fault& fault : faults_of_vendors()) all.push_back(std::move(fault));
  for (Fault& fault : faults_of_mail_servers()) all.push_back(std::move(fault));
  for (const ReceiverKind* kind : receiver_kinds())
    if (is_told_once(*kind) && kind->name != "webhook") all.push_back({"refuses", std::string(kind->name), "refused"});
  return all;
}

/// What this kind's endpoint answers when all is well.
FakePage fine(const std::string& kind) {
  static const std::map<std::string, FakePage> answers = {{"alertmanager", {200, "", {}}},
                                                          {"discord", {204, "", {}}},
                                                          {"dingtalk", {200, R"({"errcode":0})", {}}},
                                                          {"feishu", {200, R"({"code":0})", {}}},
                                                          {"ntfy", {200, R"({"event":"message"})", {}}},
                                                          {"pagerduty", {202, "", {}}},
                                                          {"slack", {200, "ok", {}}},
                                                          {"teams", {202, "", {}}},
                                                          {"telegram", {200, R"({"ok":true})", {}}},
                                                          {"webhook", {200, "", {}}},
                                                          {"wecom", {200, R"({"errcode":0})", {}}},
                                                          {"command", {}},
                                                          {"email", {}}};
  return answers.at(kind);
}

// ---- one run ------------------------------------------------------------------------------------------------

constexpr const char* kBrokenAt = "10.0.0.9:443";
constexpr const char* kWellAt = "10.0.0.8:443";

struct Attempt {
  Duration at{};  ///< when it ended
  bool accepted = false;
  std::vector<std::string> news;  ///< "m1 +1"
};

Receiver receiver_at(const std::string& name, const std::string& kind, const std::string& url) {
  Receiver receiver = sample_receiver(*find_receiver_kind(kind), Language::english);
  receiver.name = name;
  (receiver.secrets.contains("url") ? receiver.secrets["url"] : receiver.secrets["unused"]) = Secret(url);
  if (receiver.options.contains("url")) receiver.options["url"] = url;
  receiver.group_by = {"alertname", "pool", "mirror"};
  receiver.group_wait = 0s;
  receiver.group_interval = 0s;
  return receiver;
}

std::shared_ptr<const Config> config(const std::string& kind) {
  std::string text = "[agent]\nevaluation_interval = \"" + format_duration(kEvaluated) +
                     "\"\ngap_per_host = \"0s\"\n[[pool]]\nname = \"p\"\n"
                     "ecosystem = \"file\"\nreference = [\"http://10.0.1.0/\"]\ncanaries = [\"V\"]\nchecks = "
                     "[\"freshness\"]\ninterval = \"2h\"\nfail_after = 1\nrecover_after = 1\nmirror = [";
  for (const char* mirror : {"m1", "m2", "m3", "m4", "m5", "m6"})
    text += std::string("{ name = \"") + mirror + "\", url = \"http://10.0.1." + (mirror + 1) + "/\" },";
  text += "]\n[[alert]]\nname = \"Down\"\nwhen = \"down\"\nnotify = [\"broken\", \"well\"]\n";
  for (const char* name : {"broken", "well"})
    text += std::string("[[receiver]]\nname = \"") + name + "\"\nwebhook = { url = \"https://example.org/\" }\n";
  auto parsed = parse_config(text, "test", SecretSource{});
  Config made = std::get<Config>(std::move(parsed));
  made.receivers = {receiver_at("broken", kind, kind == "email" ? "smtps://10.0.0.9:443" : "https://10.0.0.9/x"),
                    receiver_at("well", "webhook", "https://10.0.0.8/x")};
  return std::make_shared<const Config>(std::move(made));
}

class TenDays final : public WardenEvents {
 public:
  explicit TenDays(const Fault* fault) : fault_(fault), kind_(fault == nullptr ? "webhook" : fault->kind) {
    net_.on_fetch([this](const Fetch& fetch) { answer(fetch); });
    net_.on_submit([this](const Letter&) { count(); });
    net_.on_run([this](const Command&) { return Ran{std::nullopt, is_broken() ? 1 : 0, "", ""}; });
    for (const char* mirror : {"m0", "m1", "m2", "m3", "m4", "m5", "m6"}) serve(mirror, 200);
    net_.host(kBrokenAt);
    net_.host(kWellAt);
  }

  void play() {
    Warden warden(loop_.get_executor(), net_, *this, "test");
    warden.configure(config(kind_));
    bool broken = false;
    for (const Turn& turn : story()) {
      if (!broken && turn.at >= kBroken) broken = pass(kBroken, [this] { break_down(); });
      if (turn.at >= kHealed && broken) broken = !pass(kHealed, [this] { heal(); });
      pass(turn.at, [&] { serve(turn.mirror, turn.bad ? 500 : 200); });
    }
    pass(kEnd, [&] { warden.stop(); });
    net_.run_for(1h);
  }

  void delivered(const std::string& receiver, const Parcel& parcel, const Delivery& delivery) override {
    Attempt attempt{now(), delivery.outcome == Acceptance::accepted, {}};
    for (const Owed& item : parcel.items)
      if (item.news)
        attempt.news.push_back(item.key.mirror + (item.firing ? " +" : " -") + std::to_string(episode_of(item)));
    attempts[receiver].push_back(std::move(attempt));
  }
  void coroutine_died(const std::string& what) override { FAIL(what); }

  std::map<std::string, std::vector<Attempt>> attempts;
  std::size_t taken = 0;  ///< by the broken one, as the wire saw it

 private:
  std::size_t episode_of(const Owed& item) const {
    return episode(item.key.mirror, now() - (net_.wall() - item.starts_at));
  }
  Duration now() const { return net_.now().time_since_epoch(); }
  bool is_broken() const { return fault_ != nullptr && now() >= kBroken && now() < kHealed; }

  template <class Act>
  bool pass(Duration until, Act act) {
    net_.run_for(until - now());
    act();
    return true;
  }

  void serve(const std::string& mirror, int status) {
    net_.host("10.0.1." + mirror.substr(1) + ":80").pages["/V"] = {status, "1", {}};
  }
  void break_down() {
    if (fault_ == nullptr) return;
    net_.host(kBrokenAt).trouble = fault_->trouble;
    net_.host(kBrokenAt).latency = fault_->latency;
    net_.host(kBrokenAt).receipt = fault_->receipt;
  }
  void heal() {
    net_.host(kBrokenAt).trouble.clear();
    net_.host(kBrokenAt).latency = 1ms;
    net_.host(kBrokenAt).receipt = FakeHost().receipt;
  }

  /// The page is put where it is asked for, as it is at that moment.
  void answer(const Fetch& fetch) {
    if (to_string(fetch.address) == "10.0.0.8") net_.host(kWellAt).pages[fetch.url.target] = fine("webhook");
    if (to_string(fetch.address) != "10.0.0.9") return;
    net_.host(kBrokenAt).pages[fetch.url.target] = is_broken() ? fault_->answer : fine(kind_);
    count();
  }
  void count() { taken += !is_broken() || fault_->hears ? 1 : 0; }

  const Fault* fault_;  ///< null: all is well
  std::string kind_;    ///< of the receiver that is broken
  asio::io_context loop_;
  FakeNet net_{loop_};
};

// ---- what must be true --------------------------------------------------------------------------------------

/// What the other receiver is told when all is well.
const std::vector<Attempt>& undisturbed() {
  static const std::vector<Attempt> attempts = [] {
    TenDays run(nullptr);
    run.play();
    return run.attempts["well"];
  }();
  return attempts;
}

Hearsay heard(const std::vector<Attempt>& attempts) {
  Hearsay heard;
  for (const Attempt& attempt : attempts) {
    if (!attempt.accepted) continue;
    for (const std::string& news : attempt.news) {
      std::string& told = heard[news.substr(0, 2)];
      told += (told.empty() ? "" : " ") + news.substr(3);
    }
  }
  return heard;
}

/// The same news in the same order, none of it a second later.
void check_alike(const std::vector<Attempt>& seen, const std::vector<Attempt>& wanted) {
  const auto alike = [](const Attempt& a, const Attempt& b) {
    return a.accepted && a.news == b.news && std::chrono::abs(a.at - b.at) < 1s;
  };
  const auto [first, other] = std::mismatch(seen.begin(), seen.end(), wanted.begin(), wanted.end(), alike);
  CHECK(first - seen.begin() == static_cast<std::ptrdiff_t>(wanted.size()));
  CHECK(seen.size() == wanted.size());
}

/// One attempt after the other for as long as it is broken, with pauses within their bounds, and not too many of them.
void check_pauses(const Fault& fault, const std::vector<Attempt>& attempts) {
  const bool times_out = fault.trouble == "silent" || fault.trouble == "blackhole" || fault.trouble == "tls_stalled";
  const Duration took = times_out ? 10s : fault.latency;
  std::size_t failed = 0;
  std::vector<std::string> wrong;
  for (std::size_t i = 0; i + 1 < attempts.size(); ++i) {
    if (attempts[i].accepted) continue;
    ++failed;
    const Duration pause = attempts[i + 1].at - attempts[i].at - (attempts[i + 1].at < kHealed ? took : 1ms);
    if (pause < fault.least || pause > fault.most + 1s)
      wrong.push_back(std::to_string(i) + ": " + format_duration(pause));
    if (i >= 25 && !attempts[i - 25].accepted && attempts[i].at - attempts[i - 25].at <= 10min)
      wrong.push_back(std::to_string(i) + ": the 26th in 10 minutes");
  }
  CHECK((failed > 50 || fault.hears));
  INFO("the first of them at " << (wrong.empty() ? "-" : wrong.front()));
  CHECK(wrong.size() == 0);
}

/// Everything that was owed when it healed, soon after: what waits for the endpoint's pace goes on when rules are
/// evaluated, here seldom.
void check_promptness(const Fault& fault, const std::vector<Attempt>& attempts) {
  const auto by = [&](Duration at) {
    return std::find_if(attempts.begin(), attempts.end(), [at](const Attempt& a) { return a.at >= at; });
  };
  const auto first = by(kHealed);
  REQUIRE(first != attempts.end());
  CHECK(first->accepted);
  CHECK(first->at <= kHealed + fault.most + kEvaluated);
  std::string late;
  for (auto each = by(first->at + 4 * kEvaluated); each != by(kLastNews); ++each)
    for (const std::string& news : each->news) late += news + " after " + format_duration(each->at - kHealed) + "; ";
  CHECK(late == "");
}

}  // namespace

TEST_CASE("a receiver broken for ten days hears what it is owed, in order, and no other waits for it", "[long]") {
  std::size_t tried = 0;
  std::size_t taken = 0;
  for (const Fault& fault : faults()) {
    CAPTURE(fault.kind, fault.what);
    TenDays run(&fault);
    run.play();
    const std::vector<Attempt>& attempts = run.attempts["broken"];
    CHECK(text(heard(attempts)) == text(fault.hears ? everything() : what_is_left()));
    const auto accepted = std::count_if(attempts.begin(), attempts.end(), [](const Attempt& a) { return a.accepted; });
    if (fault.kind != "command") CHECK(static_cast<std::size_t>(accepted) == run.taken);
    check_pauses(fault, attempts);
    if (!fault.hears) check_promptness(fault, attempts);  // else nothing is owed when it heals
    check_alike(run.attempts["well"], undisturbed());
    tried += attempts.size();
    taken += static_cast<std::size_t>(accepted);
  }
  std::cout << faults().size() << " ways to be broken for ten days of 24 hours: " << tried << " attempts, " << taken
            << " taken\n";
}

TEST_CASE("a receiver that is well hears everything", "[long]") {
  CHECK(text(heard(undisturbed())) == text(everything()));
}
