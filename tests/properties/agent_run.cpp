// The agent's life: see agent_run.hpp.
#include "tests/properties/agent_run.hpp"

#include <algorithm>

#include "tests/properties/made_up_world.hpp"

namespace mw::property {

namespace {

using namespace std::chrono_literals;

constexpr Duration kLongestSave = 5s;
constexpr Duration kDiskTakes = 5ms;
constexpr Duration kAnswerTakes = 50ms;
constexpr std::optional<SteadyTime> kNever = {};

/// The process died, to be started again so much later.
struct Died {
  Duration down{};
  bool save_made_it = false;
};
struct BrokenLaw {
  std::string what;
};

void demand(const Broken& broken) {
  if (broken) throw BrokenLaw{*broken};
}

/// What is on disk: one row for each key.
class Disk {
 public:
  void save(const std::vector<Record>& records) {
    for (const Record& record : records) {
      const auto same =
          std::find_if(rows_.begin(), rows_.end(), [&](const Record& row) { return is_same(row, record); });
      if (same != rows_.end()) rows_.erase(same);
      if (record.value) rows_.push_back(record);
    }
  }
  const std::vector<Record>& load() const { return rows_; }

  static bool is_same(const Record& a, const Record& b) {
    return a.kind == b.kind && a.pool == b.pool && a.subject == b.subject && a.item == b.item;
  }

 private:
  std::vector<Record> rows_;
};

/// Of several records of the same thing, the last.
std::vector<Record> newest_of_each(std::vector<Record> records) {
  std::vector<Record> kept;
  for (auto it = records.rbegin(); it != records.rend(); ++it)
    if (std::none_of(kept.begin(), kept.end(), [&](const Record& other) { return Disk::is_same(other, *it); }))
      kept.push_back(std::move(*it));
  return kept;
}

class Agent {
 public:
  Agent(const Plan& plan, const Variation& variation, bool keep_arrivals)
      : plan_(plan),
        variation_(variation),
        keep_arrivals_(keep_arrivals),
        oracle_(plan.setup),
        post_(plan.setup, oracle_) {}

  Outcome live();

 private:
  struct Knowledge {
    AlertOracle::Knowledge alerts{};
    PostOracle::All post{};
    AlertOracle::Saved saved;
    std::vector<Quiet> quiets;
  };
  struct Saving {
    std::vector<Record> records;
    Knowledge knowledge;
    SteadyTime ends{};
    bool well = true;
  };
  enum class Stage : std::uint8_t { idle, waits_for_disk, waits_for_answer };
  struct Desk {
    Receiver receiver;
    Mood mood = Mood::accept;
    Duration retry_after{};
    Stage stage = Stage::idle;
    std::string parcel;
    std::uint64_t wanted = 0;
    SteadyTime until{};  ///< the disk's deadline, or when the answer comes
    Delivery answer;
    int made = 0;  ///< messages, in all lives
    std::optional<SteadyTime> wake;
    bool has_looked = false;  ///< in this life, at what there is to tell
  };

  // time
  Clocks clocks() const { return {real_, wall_}; }
  Instant now() const { return {SteadyTime(real_.time_since_epoch() - base_), wall_}; }
  void advance(Duration);
  std::optional<SteadyTime> next_event() const;
  void happen();
  // operations
  void perform(const Op&);
  void look(const Op&);
  void hush(const Op&);
  void jump(Duration);
  void restart_in_order(Duration down);
  void die(const Died&);
  void start(Duration down);
  void reload(Change, std::size_t number);
  void get_well();
  // the warden's part
  void configure();
  void evaluate_now();
  void restore();
  std::vector<Record> unsaved();
  void save();
  void save_ended();
  void pump(std::size_t number);
  std::string make_parcel(std::size_t number, const Batch&);
  bool has_words(Desk&);
  void disk_is_waited_for(std::size_t number);
  void send(std::size_t number);
  void take(std::size_t number);
  Delivery answer_of(const Desk&) const;
  void reach(Point point);

  const Plan& plan_;
  Variation variation_;
  bool keep_arrivals_;
  SteadyTime real_{};
  Duration base_{};
  SysTime wall_{};
  Wiring wiring_{};
  Wiring judged_{};
  World world_{};
  SnapshotMaker maker_;
  std::vector<Rule> rules_;
  std::vector<Receiver> receivers_;  ///< that are configured
  std::array<Desk, kReceivers> desks_;

  Owing owing_;
  OwingRecords records_;
  std::vector<Record> owed_to_state_;
  std::optional<Saving> saving_;
  std::uint64_t saves_begun_ = 0;
  std::uint64_t saves_ended_ = 0;
  std::string identity_;
  int life_ = 0;
  int silences_laid_ = 0;

  Disk disk_;
  DiskMood disk_mood_ = DiskMood::fine;
  Duration hangs_{};
  std::optional<std::pair<Point, Died>> armed_;
  Knowledge on_disk_;
  AlertOracle oracle_;
  PostOracle post_;
  Outcome outcome_;
};

// ---- time -----------------------------------------------------------------------------------------------------

std::optional<SteadyTime> Agent::next_event() const {
  std::optional<SteadyTime> next = kNever;
  const auto consider = [&](SteadyTime at) { next = next ? std::min(*next, at) : at; };
  if (saving_) consider(saving_->ends);
  for (const Desk& desk : desks_) {
    if (desk.stage != Stage::idle) consider(desk.until);
    if (desk.wake) consider(*desk.wake);
  }
  return next;
}

void Agent::happen() {
  if (saving_ && saving_->ends <= real_) save_ended();
  for (std::size_t i = 0; i < kReceivers; ++i) {
    Desk& desk = desks_[i];
    if (desk.stage == Stage::waits_for_disk && desk.until <= real_) send(i);
    if (desk.stage == Stage::waits_for_answer && desk.until <= real_) take(i);
    if (desk.wake && *desk.wake <= real_) {
      desk.wake.reset();
      pump(i);
    }
  }
}

void Agent::advance(Duration by) {
  const SteadyTime target = real_ + by;
  for (auto next = next_event(); next && *next <= target; next = next_event()) {
    const SteadyTime at = std::max(*next, real_);
    wall_ += at - real_;
    real_ = at;
    happen();
  }
  wall_ += target - real_;
  real_ = target;
  for (std::size_t i = 0; i < kReceivers; ++i)  // nothing that fell due had to wait for an evaluation
    if (wiring_.receiver[i] && desks_[i].stage == Stage::idle && desks_[i].has_looked)
      demand(post_.nothing_to_do(static_cast<int>(i), judged_, real_));
}

// ---- the warden's part ----------------------------------------------------------------------------------------

void Agent::reach(Point point) {
  if (!armed_ || armed_->first != point) return;
  const Died died = armed_->second;
  armed_.reset();
  throw died;
}

void Agent::configure() {
  rules_ = rules_of(plan_.setup, wiring_, variation_.turned_round);
  receivers_.clear();
  for (std::size_t i = 0; i < kReceivers; ++i) {
    if (wiring_.receiver[i]) receivers_.push_back(desks_[i].receiver);
    if (wiring_.receiver[i]) continue;
    desks_[i].has_looked = false;
    owing_.outbox.erase(desks_[i].receiver.name);
    post_.forget(static_cast<int>(i));
  }
}

void Agent::evaluate_now() {
  const Snapshot snapshot = maker_.make(world_, wiring_, wall_, variation_.turned_round);
  owing_.alerts = evaluate(std::move(owing_.alerts), rules_, snapshot, now());
  forget_ended(owing_.silences, now().steady);
  silence(owing_.alerts, owing_.silences, {}, now().steady);
  judged_ = wiring_;
  ++outcome_.evaluations;
  demand(oracle_.evaluated(world_, judged_, clocks(), owing_.alerts));
  for (std::size_t i = 0; i < kReceivers; ++i) pump(i);
  forget_finished(owing_.alerts, owing_.outbox, receivers_);
  oracle_.kept(owing_.alerts);
  demand(post_.check_bounds(owing_.outbox));
  save();
}

std::vector<Record> Agent::unsaved() {
  std::vector<Record> records = std::exchange(owed_to_state_, {});
  for (Record& record : records_.since_last(owing_, now())) records.push_back(std::move(record));
  return records;
}

void Agent::save() {
  if (saving_) return;
  ++saves_begun_;
  std::vector<Record> records = unsaved();
  if (records.empty()) {
    saves_ended_ = saves_begun_;
    on_disk_ = {oracle_.knowledge(), post_.knowledge(), oracle_.saved(real_), oracle_.quiets()};
    return;
  }
  const Duration takes = disk_mood_ == DiskMood::hanging ? hangs_ : kDiskTakes;
  saving_ = Saving{std::move(records),
                   {oracle_.knowledge(), post_.knowledge(), oracle_.saved(real_), oracle_.quiets()},
                   real_ + takes,
                   disk_mood_ != DiskMood::failing};
  reach(Point::save_begun);
}

void Agent::save_ended() {
  Saving saving = std::move(*saving_);
  saving_.reset();
  saves_ended_ = saves_begun_;
  if (saving.well) {
    disk_.save(saving.records);
    on_disk_ = saving.knowledge;
  } else {
    owed_to_state_ = newest_of_each(std::move(saving.records));
  }
  reach(Point::save_ended);
  for (std::size_t i = 0; i < kReceivers; ++i) disk_is_waited_for(i);
}

void Agent::pump(std::size_t number) {
  Desk& desk = desks_[number];
  if (!wiring_.receiver[number] || desk.stage != Stage::idle) return;
  const int r = static_cast<int>(number);
  desk.has_looked = true;
  desk.wake.reset();
  Ledger& ledger = owing_.outbox[desk.receiver.name];
  const Outlook outlook = look_out(ledger, owing_.alerts, desk.receiver);
  ledger = held_back(std::move(ledger), owing_.alerts, desk.receiver);
  ledger = noted(std::move(ledger), outlook, now().steady);
  demand(post_.looked(r, judged_, real_, count_owed(outlook)));
  const auto next = next_step(ledger, outlook, desk.receiver, now().steady);
  if (!next) {
    if (const auto due = next_time(ledger, outlook, desk.receiver)) desk.wake = *due + base_;
    if (desk.wake && *desk.wake <= real_) throw BrokenLaw{"I10 what is due is not told"};
    return demand(post_.nothing_to_do(r, judged_, real_));
  }
  desk.parcel = next->parcel.empty() ? make_parcel(number, next->batch) : next->parcel;
  demand(post_.attempted(r, desk.parcel, ledger.parcels.at(desk.parcel), real_));
  ledger = attempted(std::move(ledger), desk.parcel, desk.receiver, now().steady);
  desk.stage = Stage::waits_for_disk;
  desk.wanted = saves_begun_ + 1;
  desk.until = real_ + kLongestSave;
  disk_is_waited_for(number);
}

std::string Agent::make_parcel(std::size_t number, const Batch& batch) {
  const Receiver& receiver = desks_[number].receiver;
  Ledger& ledger = owing_.outbox[receiver.name];
  Message message;
  message.kind = batch.kind;
  message.notices.emplace_back();
  message.sequence = next_sequence(ledger);
  // A time that never comes twice, and the same on another wall clock: pauses before a retry hang on the id.
  message.id = message_id(identity_, receiver.name, message.sequence, SysTime(Duration(++desks_[number].made)));
  demand(post_.packed(static_cast<int>(number), judged_, real_, batch, message));
  ledger = packed(std::move(ledger), batch, std::move(message), now().steady);
  return batch.group;
}

void Agent::disk_is_waited_for(std::size_t number) {
  Desk& desk = desks_[number];
  if (desk.stage != Stage::waits_for_disk) return;
  if (saves_ended_ < desk.wanted) save();
  if (saves_ended_ >= desk.wanted) send(number);
}

/// After a restart a parcel has no words; they are made of what is known of its alerts.
bool Agent::has_words(Desk& desk) {
  auto& parcels = owing_.outbox[desk.receiver.name].parcels;
  const auto found = parcels.find(desk.parcel);
  if (found == parcels.end()) return false;
  const auto is_known = [&](const Owed& owed) { return owing_.alerts.contains(owed.key); };
  Message& message = found->second.message;
  if (message.notices.empty() && std::any_of(found->second.items.begin(), found->second.items.end(), is_known))
    message.notices.emplace_back();
  if (!message.notices.empty()) return true;
  parcels.erase(found);
  return false;
}

void Agent::send(std::size_t number) {
  Desk& desk = desks_[number];
  const int r = static_cast<int>(number);
  desk.stage = Stage::idle;
  reach(Point::sending);
  if (!has_words(desk)) {
    post_.wordless(r, desk.parcel);
    return pump(number);
  }
  const Parcel& parcel = owing_.outbox[desk.receiver.name].parcels.at(desk.parcel);
  const bool silent = desk.mood == Mood::silent || desk.mood == Mood::lost_answer;
  desk.answer = answer_of(desk);
  desk.until = real_ + (silent ? desk.receiver.timeout : kAnswerTakes);
  desk.stage = Stage::waits_for_answer;
  const bool arrives = desk.mood == Mood::accept || desk.mood == Mood::lost_answer || desk.mood == Mood::reject;
  if (arrives && keep_arrivals_) outcome_.arrivals.push_back({real_, r, parcel.message.id, parcel.items});
  if (arrives) demand(post_.received(r, parcel.message.id));
  if (arrives) reach(Point::received);
}

Delivery Agent::answer_of(const Desk& desk) const {
  switch (desk.mood) {
    case Mood::accept:
      return {Acceptance::accepted, 200, {}, ""};
    case Mood::broken:
      return {Acceptance::later, 500, {}, "status 500"};
    case Mood::busy:
      return {Acceptance::later, 429, desk.retry_after, "status 429"};
    case Mood::reject:
      return {Acceptance::rejected, 400, {}, "status 400"};
    case Mood::refuse:
      return {Acceptance::refused, 403, {}, "status 403"};
    default:
      return {Acceptance::later, 0, {}, "http/timeout"};
  }
}

void Agent::take(std::size_t number) {
  Desk& desk = desks_[number];
  desk.stage = Stage::idle;
  Ledger& ledger = owing_.outbox[desk.receiver.name];
  ledger = settled(std::move(ledger), desk.parcel, desk.answer, now());
  demand(post_.settled(static_cast<int>(number), desk.parcel, desk.answer, ledger, clocks()));
  reach(Point::settled);
  save();
  pump(number);
}

void Agent::restore() {
  std::size_t passed_over = 0;
  const std::vector<Record>& rows = disk_.load();
  owing_ = restored(rows, now(), passed_over);
  records_ = {};
  owed_to_state_ = records_.since_last(owing_, now());
  identity_ = "agent " + std::to_string(life_++);
  for (const Record& row : rows)
    if (row.kind == "agent" && row.value) identity_ = *row.value;
  owed_to_state_.push_back({"agent", "", "", "", identity_});
  if (passed_over > 0) throw BrokenLaw{"I6 what was saved cannot be read"};
}

// ---- operations -----------------------------------------------------------------------------------------------

void Agent::start(Duration down) {
  saving_.reset();
  saves_begun_ = saves_ended_ = 0;
  for (Desk& desk : desks_) {
    desk.stage = Stage::idle;
    desk.wake.reset();
    desk.has_looked = false;
  }
  real_ += down;
  wall_ += down;
  base_ = real_.time_since_epoch() - 100s;  // another boot
  restore();
  demand(oracle_.restored(on_disk_.alerts, clocks(), owing_.alerts, on_disk_.saved));
  oracle_.restored(on_disk_.quiets);
  demand(post_.restored(on_disk_.post, base_, real_, owing_.outbox));
  configure();
}

void Agent::die(const Died& died) {
  if (saving_ && saving_->well && died.save_made_it) {
    disk_.save(saving_->records);
    on_disk_ = saving_->knowledge;
  }
  start(died.down);
}

/// What is under way is cut off; what is known is written, if the disk takes it.
void Agent::restart_in_order(Duration down) {
  if (saving_ && saving_->well) {
    disk_.save(saving_->records);
    on_disk_ = saving_->knowledge;
  } else if (saving_) {
    owed_to_state_ = newest_of_each(std::move(saving_->records));
  }
  const std::vector<Record> last = unsaved();
  if (disk_mood_ != DiskMood::failing) {
    disk_.save(last);
    on_disk_ = {oracle_.knowledge(), post_.knowledge(), oracle_.saved(real_), oracle_.quiets()};
  }
  start(down);
}

void Agent::look(const Op& op) {
  World::Sight& sight = world_.mirrors[static_cast<std::size_t>(op.who)];
  sight.state = static_cast<State>(op.a);
  sight.lag = kLags[op.b % 4];
  std::rotate(sight.looks.begin(), sight.looks.begin() + 1, sight.looks.end());
  sight.looks.back() = {op.b / 4 % 2 != 0, op.b / 8 != 0, wall_};
  sight.looked = real_;
  maker_.touch(static_cast<std::size_t>(op.who));
}

void Agent::jump(Duration by) {
  if (variation_.no_jumps) return;
  wall_ += by;
  oracle_.jumped();
  post_.jumped(by);
}

/// Laid or lifted, as exporter/warden_silences.cpp does it.
void Agent::hush(const Op& op) {
  if (op.a == 0) {
    oracle_.lift(op.who, real_);
    for (auto& [id, laid] : owing_.silences) {
      if (laid.created_by != std::to_string(op.who)) continue;
      laid.ends_at = std::min(laid.ends_at, wall_);
      laid = timed(laid, now());
    }
    return evaluate_now();
  }
  Silence wanted;
  wanted.id = std::to_string(silences_laid_++);
  wanted.created_by = std::to_string(op.who);
  wanted.starts_at = wall_;
  wanted.ends_at = wall_ + std::chrono::seconds(op.a);
  const Quiet quiet{op.who, op.b % 8 - 1, op.b / 8 - 1, real_ + std::chrono::seconds(op.a)};
  if (quiet.rule >= 0) wanted.matchers.push_back({"alertname", std::string(1, static_cast<char>('A' + quiet.rule))});
  if (quiet.mirror >= 0) wanted.matchers.push_back({"mirror", "m" + std::to_string(quiet.mirror)});
  if (wanted.matchers.empty()) wanted.matchers.push_back({"alertname", ".+", true});
  owing_.silences[wanted.id] = timed(wanted, now());
  oracle_.lay(quiet);
  evaluate_now();
}

void Agent::reload(Change what, std::size_t number) {
  change(wiring_, plan_.setup, what, number);
  configure();
}

void Agent::perform(const Op& op) {
  const auto who = static_cast<std::size_t>(op.who);
  switch (op.kind) {
    case OpKind::look:
      return look(op);
    case OpKind::upstream:
      world_.upstream_up = op.a != 0;
      return;
    case OpKind::self_fault:
      world_.self_fault = op.a != 0;
      return;
    case OpKind::tick:
      advance(std::chrono::seconds(op.a));
      return evaluate_now();
    case OpKind::jump:
      return jump(std::chrono::seconds(op.a));
    case OpKind::crash:
      throw Died{std::chrono::seconds(op.a), op.b != 0};
    case OpKind::arm:
      armed_ = {static_cast<Point>(op.who), {std::chrono::seconds(op.a), op.b != 0}};
      return;
    case OpKind::restart:
      return restart_in_order(std::chrono::seconds(op.a));
    case OpKind::reload:
      return reload(static_cast<Change>(op.who), static_cast<std::size_t>(op.a));
    case OpKind::receiver:
      if (op.who == 0 && variation_.healthy_receiver_0) return;
      desks_[who].mood = static_cast<Mood>(op.a);
      desks_[who].retry_after = std::chrono::seconds(op.b);
      return;
    case OpKind::disk:
      disk_mood_ = static_cast<DiskMood>(op.a);
      hangs_ = std::chrono::milliseconds(op.b);
      return;
    case OpKind::silence:
      return hush(op);
  }
}

/// More than an hour in which nothing fails and every mirror is looked at, and a while after the last silence: enough
/// for all that is owed.
void Agent::get_well() {
  armed_.reset();
  disk_mood_ = DiskMood::fine;
  for (Desk& desk : desks_) desk.mood = Mood::accept;
  for (const Duration pause : {30s, 30s, 300s, 600s, 900s, 1'800s, 30s, 1'500s, 300s, 300s, 300s}) {
    for (std::size_t i = 0; i < kMirrors; ++i) {
      world_.mirrors[i].looked = real_ + pause;
      for (World::Outcome& look : world_.mirrors[i].looks) look.at = wall_ + pause;
      maker_.touch(i);
    }
    advance(pause);
    evaluate_now();
  }
  advance(60s);
  demand(post_.check_all_told(judged_, real_));
  demand(oracle_.check_looked_at());
  demand(oracle_.check_flaps(judged_));
}

Outcome Agent::live() {
  wall_ = SysTime(1'700'000'000s) + variation_.wall_shift;
  real_ = SteadyTime(1'000'000s);
  base_ = 999'000s;
  wiring_ = judged_ = initial_wiring(plan_.setup);
  for (World::Sight& sight : world_.mirrors)
    for (World::Outcome& look : sight.looks) look.at = wall_;
  for (int i = 0; i < kReceivers; ++i) desks_[static_cast<std::size_t>(i)].receiver = receiver_of(plan_.setup, i);
  try {
    post_.restored(on_disk_.post, base_, real_, owing_.outbox);
    restore();
    configure();
    for (; outcome_.op < plan_.ops.size(); ++outcome_.op) {
      try {
        perform(plan_.ops[outcome_.op]);
      } catch (const Died& died) {
        die(died);
      }
    }
    get_well();
  } catch (const BrokenLaw& broken) {
    outcome_.broken = broken.what;
  } catch (const std::exception& error) {
    outcome_.broken = std::string("thrown: ") + error.what();
  }
  outcome_.history = oracle_.history();
  return std::move(outcome_);
}

}  // namespace

Outcome live(const Plan& plan, const Variation& variation, bool keep_arrivals) {
  return Agent(plan, variation, keep_arrivals).live();
}

}  // namespace mw::property
