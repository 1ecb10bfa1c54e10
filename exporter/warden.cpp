// Scheduling, evaluating and publishing. Delivery is in warden_delivery.cpp.
#include "exporter/warden.hpp"

#include <algorithm>
#include <array>
#include <asio/co_spawn.hpp>

#include "probes/checks.hpp"
#include "probes/digest.hpp"

namespace mw {

namespace {

std::shared_ptr<const AddressPolicy> policy_of(const Config& config) {
  auto policy = std::make_shared<AddressPolicy>();
  for (const auto& pool : config.pools) {
    for (const Mirror& mirror : pool->mirrors) {
      policy->configured_hosts.insert(mirror.url.host);
      if (mirror.proxy) policy->configured_hosts.insert(mirror.proxy->url.host);
    }
  }
  return policy;
}

std::set<std::string> hosts_of(const Config& config) {
  std::set<std::string> hosts;
  for (const auto& pool : config.pools)
    for (const Mirror& mirror : pool->mirrors) hosts.insert(mirror.url.host);
  return hosts;
}

/// Of several records of the same thing, the last.
std::vector<Record> newest_of_each(std::vector<Record> records) {
  std::map<std::array<std::string, 4>, Record> newest;
  for (Record& record : records)
    newest.insert_or_assign({record.kind, record.pool, record.subject, record.item}, std::move(record));
  std::vector<Record> kept;
  for (auto& [key, record] : newest) kept.push_back(std::move(record));
  return kept;
}

}  // namespace

Warden::Warden(asio::any_io_executor executor, Net& net, WardenEvents& events, std::string version,
               std::shared_ptr<StateFile> state)
    : executor_(std::move(executor)),
      net_(net),
      events_(events),
      version_(std::move(version)),
      origin_(origin_of(net.now(), net.wall())),
      state_(std::move(state)) {}

/// A root task that ends by exception is a bug: reported, and the rest goes on.
void Warden::spawn(Task<void> task, std::string what) {
  asio::co_spawn(executor_, std::move(task), [this, what = std::move(what)](std::exception_ptr trouble) {
    if (!trouble) return;
    try {
      std::rethrow_exception(trouble);
    } catch (const std::exception& error) {
      events_.coroutine_died(what + ": " + error.what());
    }
  });
}

void Warden::configure(std::shared_ptr<const Config> config) {
  const bool first = config_ == nullptr;
  config_ = std::move(config);
  policy_ = policy_of(*config_);
  user_agent_ = user_agent(config_->agent, version_);
  caps_.resize(config_->agent.concurrency, config_->agent.concurrency_per_host);
  courtesy_.configure({config_->agent.gap_per_host, config_->agent.bytes_per_host_per_day}, hosts_of(*config_));
  validators_.clear();  // other credentials may be shown other bytes
  store_.configure(config_->pools, net_.wall());
  if (first) restore();
  forget_strangers();
  rebuild_slots();
  ready_ = false;
  judge_all();
  hush({net_.now(), net_.wall()});
  publish();
  pump();
  for (const Receiver& receiver : config_->receivers)
    if (forgets(receiver)) pump_delivery(receiver);  // after a restart it has not heard of us for long enough
  if (!config_->watchdog.url.empty() && !std::exchange(vouching_, true)) spawn(keep_vouching(), "the watchdog");
  if (!std::exchange(keeping_time_, true)) spawn(keep_time(), "the evaluation of rules");
}

/// What a receiver was told that is not there any more concerns nobody.
void Warden::forget_strangers() {
  const auto is_gone = [&](const auto& entry) {
    const auto is_it = [&](const Receiver& receiver) { return receiver.name == entry.first; };
    return std::none_of(config_->receivers.begin(), config_->receivers.end(), is_it);
  };
  std::erase_if(owing_.outbox, is_gone);
  std::erase_if(refuses_since_, is_gone);
}

/// A slot that was there keeps its due time unless its interval changed; what runs goes on running.
Warden::Slot Warden::make_slot(const SlotKey& key, const std::shared_ptr<const Pool>& pool,
                               const Mirror& mirror) const {
  Slot slot;
  slot.pool = pool;
  slot.mirror = std::shared_ptr<const Mirror>(pool, &mirror);
  slot.interval = key.check == CheckKind::integrity ? pool->integrity_interval : pool->interval;
  slot.phase = phase_of(pool->name + "/" + mirror.name + "/" + std::string(name(key.check)), slot.interval);
  slot.due = next_due(net_.now(), origin_, slot.interval, slot.phase);
  const auto old = slots_.find(key);
  if (old == slots_.end()) return slot;
  slot.running = old->second.running;
  slot.waiting = old->second.waiting;
  if (old->second.interval == slot.interval) slot.due = old->second.due;
  return slot;
}

void Warden::rebuild_slots() {
  std::map<SlotKey, Slot> slots;
  due_.clear();
  for (const auto& pool : config_->pools) {
    for (const Mirror& mirror : pool->mirrors) slots.merge(slots_of(pool, mirror));
  }
  slots_ = std::move(slots);
  for (const auto& [key, slot] : slots_) due_.emplace(slot.due, key);
}

std::map<Warden::SlotKey, Warden::Slot> Warden::slots_of(const std::shared_ptr<const Pool>& pool,
                                                         const Mirror& mirror) const {
  std::map<SlotKey, Slot> slots;
  for (const CheckKind check : pool->checks) {
    const SlotKey key{{pool->name, mirror.name}, check};
    if (applies(check, mirror)) slots.emplace(key, make_slot(key, pool, mirror));
  }
  return slots;
}

void Warden::pump() {
  if (stopped_) return;
  const SteadyTime now = net_.now();
  while (!due_.empty() && due_.begin()->first <= now) {
    const SlotKey key = due_.begin()->second;
    fall_due(key, slots_.at(key));
  }
  start_waiting();
  if (!due_.empty()) arm(due_.begin()->first);
}

/// Skipped, not queued, when its last run is still under way: a queue would only make the lateness permanent.
void Warden::fall_due(const SlotKey& key, Slot& slot) {
  slot.fell_due = slot.due;
  reschedule(key, slot);
  const auto why = courtesy_.put_off(slot.mirror->url.host, key.check, net_.now());
  if (why) return events_.put_off(key.mirror, key.check, *why);
  if (slot.running || slot.waiting) return events_.slot_missed(key.mirror, key.check);
  slot.waiting = true;
  waiting_.push_back(key);
}

/// A check that ends in the moment in which it begins asks for the next ones while we are still at it: they wait for
/// the next time round, or the queue would change under our hands and the stack grow with it.
void Warden::start_waiting() {
  more_may_start_ = true;
  if (std::exchange(starting_, true)) return;
  while (std::exchange(more_may_start_, false))
    for (const SlotKey& key : take_turns()) spawn(run(key, target_of(key, slots_.at(key))), "a check");
  starting_ = false;
}

std::vector<Warden::SlotKey> Warden::take_turns() {
  std::vector<SlotKey> chosen;
  for (auto it = waiting_.begin(); it != waiting_.end() && caps_.any_free();) {
    const auto found = slots_.find(*it);
    if (found != slots_.end() && !may_start(*it, found->second)) {
      ++it;
      continue;
    }
    const SlotKey key = *it;
    it = waiting_.erase(it);
    if (found == slots_.end()) continue;
    take_turn(key, found->second);
    chosen.push_back(key);
  }
  return chosen;
}

bool Warden::may_start(const SlotKey& key, const Slot& slot) {
  const std::string& host = slot.mirror->url.host;
  if (!caps_.free(host)) return false;
  const SteadyTime free_at = key.check == CheckKind::dns ? SteadyTime::min() : courtesy_.free_at(host);
  if (free_at > net_.now()) arm(free_at);
  return free_at <= net_.now();
}

/// A gap that was kept on purpose is not lateness.
void Warden::take_turn(const SlotKey& key, Slot& slot) {
  const SteadyTime now = net_.now();
  const std::string& host = slot.mirror->url.host;
  const bool asks_host = key.check != CheckKind::dns;
  events_.check_started(now - (asks_host ? std::max(slot.fell_due, courtesy_.free_at(host)) : slot.fell_due));
  if (asks_host) courtesy_.started(host, now);
  slot.waiting = false;
  slot.running = true;
  caps_.take(host);
}

Target Warden::target_of(const SlotKey& key, const Slot& slot) {
  Target target{slot.pool, slot.mirror, policy_, user_agent_, net_.now() + slot.pool->timeout};
  target.round = static_cast<std::uint64_t>(std::max<std::int64_t>((net_.now() - origin_) / slot.interval, 0));
  target.remembered = store_.remembered(key.mirror);
  target.reference_remembered = store_.reference_remembered(key.mirror.pool);
  auto& validators = validators_[key.mirror];
  if (!validators) validators = std::make_shared<Validators>(bodies_);
  target.validators = validators;
  return target;
}

void Warden::set_due(const SlotKey& key, Slot& slot, SteadyTime at) {
  due_.erase({slot.due, key});
  slot.due = at;
  due_.emplace(at, key);
}

void Warden::reschedule(const SlotKey& key, Slot& slot) {
  set_due(key, slot, next_due(net_.now(), origin_, slot.interval, slot.phase));
}

/// One sleeping coroutine per distinct wake-up; a stale one only pumps once more than needed.
void Warden::arm(SteadyTime at) {
  if (!alarms_.empty() && *alarms_.begin() <= at) return;
  alarms_.insert(at);
  spawn(alarm(at), "the schedule");
}

Task<void> Warden::alarm(SteadyTime at) {
  co_await net_.sleep(at - net_.now());
  alarms_.erase(at);
  pump();
}

Task<void> Warden::run(SlotKey key, Target target) {
  const SteadyTime started = net_.now();
  const Look look = find_look(key.check, *find_ecosystem(target.pool->ecosystem));
  Finding finding;
  try {
    finding = co_await look(net_, target);
  } catch (const std::exception& error) {
    finding.failure = Failure{Layer::content, Reason::local_resource, std::string("internal error: ") + error.what()};
    events_.coroutine_died(std::string(name(key.check)) + " of " + key.mirror.mirror + ": " + error.what());
  }
  finding.check = key.check;
  finding.at = net_.wall();
  finding.took = net_.now() - started;
  finish(key, *target.mirror, std::move(finding));
}

/// What was wrong with the bytes is not to be told from memory next time.
void Warden::distrust(const MirrorKey& mirror, const Finding& finding) {
  const auto found = validators_.find(mirror);
  const bool by_content = finding.failure && finding.failure->layer >= Layer::content;
  if (by_content && found != validators_.end()) found->second->forget();
}

/// What was learned of a mirror that a reload has changed meanwhile is not the new one's.
void Warden::finish(const SlotKey& key, const Mirror& looked_at, Finding finding) {
  caps_.give(looked_at.url.host);
  events_.check_finished(key.mirror, finding);
  const auto found = slots_.find(key);
  const Duration usual = found == slots_.end() ? std::chrono::minutes(1) : found->second.interval;
  distrust(key.mirror, finding);
  courtesy_.finished(looked_at.url.host, finding.traffic, usual, net_.now());
  if (found != slots_.end()) {
    Slot& slot = found->second;
    slot.running = false;
    if (*slot.mirror == looked_at) store_.apply(key.mirror, std::move(finding));
    const CheckState* state = store_.check(key.mirror, key.check);
    const SteadyTime soon = net_.now() + slot.pool->confirm_every;
    if (state != nullptr && state->change_pending() && soon < slot.due) set_due(key, slot, soon);
  }
  pump();
}

Task<void> Warden::keep_time() {
  while (!stopped_) {
    const Duration interval = config_->agent.evaluation_interval;
    co_await net_.sleep(interval);
    if (!stopped_) judge_all();
    co_await net_.sleep(Duration::zero());  // of ten thousand mirrors each of these takes a while: others come between
    if (!stopped_) apply_rules();
    co_await net_.sleep(Duration::zero());
    if (!stopped_) save();
  }
}

void Warden::judge_all() {
  std::vector<VerdictChange> changes;
  snapshot_ = store_.publish(net_.wall(), changes);
  for (const VerdictChange& change : changes) events_.verdict_changed(change);
  doubt_ourselves();
}

void Warden::evaluate_now() {
  judge_all();
  apply_rules();
  save();
}

void Warden::apply_rules() {
  const Instant now{net_.now(), net_.wall()};
  evaluated_ = now.steady;
  owing_.alerts = evaluate(std::move(owing_.alerts), config_->rules, *snapshot_, now);
  hush(now);
  for (const Receiver& receiver : config_->receivers) {
    if (forgets(receiver)) let_go(owing_.outbox[receiver.name], now.wall);
    pump_delivery(receiver);
  }
  forget_finished(owing_.alerts, owing_.outbox, config_->receivers);
  publish();
}

void Warden::restore() {
  const Instant now{net_.now(), net_.wall()};
  identity_ = sha256_hex(config_->agent.vantage + "\n" + std::to_string(now.wall.time_since_epoch().count()));
  if (!state_) return;
  const std::vector<Record> records = state_->load();
  std::size_t passed_over = store_.restore(records);
  owing_ = restored(records, now, passed_over);
  owed_to_state_ = owing_records_.since_last(owing_, now);  // anew, for what is counted hangs on the clock beside it
  for (const Record& record : records)
    if (record.kind == "agent" && record.value) identity_ = *record.value;
  owed_to_state_.push_back({"agent", "", "", "", identity_});
  events_.restored(records.size(), passed_over);
}

std::vector<Record> Warden::unsaved() {
  std::vector<Record> records = std::exchange(owed_to_state_, {});
  for (Record& record : store_.unsaved()) records.push_back(std::move(record));
  for (Record& record : owing_records_.since_last(owing_, {net_.now(), net_.wall()}))
    records.push_back(std::move(record));
  return records;
}

/// One transaction at a time; what happens meanwhile is the next one's.
void Warden::save() {
  if (!state_ || saving_) return;
  ++saves_begun_;
  std::vector<Record> records = unsaved();
  if (records.empty()) {
    saves_ended_ = saves_begun_;
    return;
  }
  saving_ = true;
  spawn(save_records(std::move(records)), "saving the state");
}

/// A disk that is full or broken stops neither probing nor alerting: what it could not take is kept and tried again.
Task<void> Warden::save_records(std::vector<Record> records) {
  std::optional<std::string> trouble;
  std::function<void()> work = [&] { trouble = state_->save(records); };
  co_await net_.compute(std::move(work));
  saving_ = false;
  saves_ended_ = saves_begun_;
  if (trouble) owed_to_state_ = newest_of_each(std::move(records));
  if (!trouble) save_fails_since_.reset();
  if (trouble && !save_fails_since_) save_fails_since_ = net_.now();
  events_.saved(trouble);
}

void Warden::save_finally() {
  if (state_) events_.saved(state_->save(unsaved()));
}

bool Warden::all_looked_at() const {
  for (const auto& [key, slot] : slots_)
    if (store_.check(key.mirror, key.check) == nullptr) return false;
  return true;
}

void Warden::publish() {
  auto published = std::make_shared<Published>();
  published->config = config_;
  published->snapshot = snapshot_;
  published->alerts = std::make_shared<const Alerts>(owing_.alerts);
  published->silences = owing_.silences;
  ready_ = ready_ || all_looked_at();
  published->ready = ready_;
  for (const Receiver& receiver : config_->receivers) {
    const Ledger& ledger = owing_.outbox[receiver.name];
    published->receivers.push_back(
        {receiver.name, owed_[receiver.name], ledger.last_error, ledger.parcels.size(), ledger.tally, ledger.dead});
  }
  events_.published(std::move(published));
}

}  // namespace mw
