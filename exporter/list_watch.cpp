// Timing, reading and asking.
#include "exporter/list_watch.hpp"

#include <algorithm>
#include <asio/co_spawn.hpp>

#include "probes/follow.hpp"

namespace mw {

namespace {

constexpr Duration kTick = std::chrono::seconds(1);
constexpr Duration kPatience = std::chrono::seconds(10);
constexpr std::size_t kMostFiles = 256;

/// The list's host may be anywhere: the configuration names it. Where a redirect leads is held to the usual policy.
Target target_of(const Url& url, std::string user_agent, SteadyTime deadline) {
  auto mirror = std::make_shared<Mirror>();
  mirror->url = url;
  auto policy = std::make_shared<AddressPolicy>();
  policy->configured_hosts.insert(url.host);
  return {std::make_shared<const Pool>(), std::move(mirror), std::move(policy), std::move(user_agent), deadline};
}

/// Why an answer holds no list, or nothing.
std::optional<std::string> unusable(const Got& got) {
  if (got.failure) return std::string(name(got.failure->reason)) + ": " + got.failure->detail;
  if (got.reply.status != 200) return "status " + std::to_string(got.reply.status) + ", expected 200";
  return std::nullopt;
}

}  // namespace

std::string_view name(ListKind kind) { return kind == ListKind::file ? "file" : "http"; }

ListWatch::ListWatch(asio::any_io_executor executor, Net& net, ListEvents& events, std::function<void()> changed)
    : executor_(std::move(executor)), net_(net), events_(events), changed_(std::move(changed)) {}

void ListWatch::spawn(Task<void> task) {
  asio::co_spawn(executor_, std::move(task), [this](std::exception_ptr trouble) {
    if (!trouble) return;
    try {
      std::rethrow_exception(trouble);
    } catch (const std::exception& error) {
      events_.list_task_died(std::string("a list of mirrors: ") + error.what());
    }
  });
}

std::map<ListWatch::Key, ListWatch::Watched> ListWatch::watched_in(const Config& config) const {
  std::map<Key, Watched> watched;
  for (const auto& pool : config.pools) {
    for (const FileList& list : pool->file_lists)
      for (const std::string& file : list.files)
        watched[{pool->name, file}] = {ListKind::file, {}, list.refresh, net_.now(), false, false};
    for (const WebList& list : pool->web_lists)
      watched[{pool->name, list.url.str()}] = {ListKind::http, list.url, list.refresh, net_.now(), false, false};
  }
  return watched;
}

/// A list that was there before goes on as it was, at its new pace.
void ListWatch::configure(const Config& config, std::string user_agent) {
  user_agent_ = std::move(user_agent);
  std::map<Key, Watched> watched = watched_in(config);
  for (auto& [key, list] : watched) {
    const auto before = watched_.find(key);
    if (before == watched_.end() || before->second.kind != list.kind) continue;
    list.asking = before->second.asking;
    list.asked = before->second.asked;
    list.due = std::min(before->second.due, net_.now() + list.refresh);
  }
  watched_ = std::move(watched);
  forget_strangers();
  look();
  if (!watched_.empty() && !std::exchange(looking_, true)) spawn(keep_looking());
}

/// What is listed by files and URLs that nothing points to any more.
void ListWatch::forget_strangers() {
  for (auto& [pool, lists] : listed_) {
    std::erase_if(lists, [&, &owner = pool](const auto& entry) {
      return std::none_of(watched_.begin(), watched_.end(), [&](const auto& watched) {
        return watched.first.first == owner && is_like(entry.first, watched.first.second);
      });
    });
  }
  std::erase_if(listed_, [](const auto& entry) { return entry.second.empty(); });
  std::erase_if(stamps_, [&](const auto& entry) {
    const auto lists = listed_.find(entry.first.first);
    return lists == listed_.end() || !lists->second.contains(entry.first.second);
  });
}

const Listed& ListWatch::hand_over() {
  differs_ = false;
  return listed_;
}

bool ListWatch::has_asked_all() const {
  return std::all_of(watched_.begin(), watched_.end(),
                     [](const auto& entry) { return entry.second.kind == ListKind::file || entry.second.asked; });
}

void ListWatch::look() {
  for (auto& [key, list] : watched_)
    if (list.due <= net_.now()) look_at(key, list);
}

void ListWatch::look_at(const Key& key, Watched& list) {
  list.due = net_.now() + list.refresh;
  if (list.kind == ListKind::file) return read_files(key);
  if (!std::exchange(list.asking, true)) spawn(ask(key, list.url));
}

Task<void> ListWatch::keep_looking() {
  while (!stopped_) {
    co_await net_.sleep(kTick);
    if (stopped_) break;
    look();
    if (differs_ && has_asked_all()) changed_();
  }
}

// ---- files --------------------------------------------------------------------------------------------------

void ListWatch::read_files(const Key& key) {
  const std::vector<std::string> files = files_like(key.second, kMostFiles);
  drop_gone(key, files);
  for (const std::string& path : files) read_changed(key, path);
}

/// A file that a pattern found and finds no more was taken away; a file that is named is only missing.
void ListWatch::drop_gone(const Key& key, const std::vector<std::string>& files) {
  const auto lists = listed_.find(key.first);
  if (lists == listed_.end() || key.second.find('*') == std::string::npos) return;
  const auto gone = std::erase_if(lists->second, [&](const auto& entry) {
    const bool ours = is_like(entry.first, key.second);
    return ours && std::find(files.begin(), files.end(), entry.first) == files.end();
  });
  if (gone > 0) differs_ = true;
}

void ListWatch::read_changed(const Key& key, const std::string& path) {
  const ListLook look{key.first, ListKind::file, path};
  const auto stamp = stamp_of(path);
  const auto before = stamps_.find({key.first, path});
  if (stamp && before != stamps_.end() && before->second == *stamp) return;
  std::string error;
  const auto text = read_file(path, {kListLimit}, error);
  if (!text) return events_.list_failed(look, error);
  if (take(look, *text) && stamp) stamps_[{key.first, path}] = *stamp;
}

/// Whether it could be read.
bool ListWatch::take(const ListLook& look, const std::string& text) {
  auto read = read_mirror_list(text);
  if (const auto* why = std::get_if<std::string>(&read)) {
    events_.list_failed(look, *why);
    return false;
  }
  auto& list = std::get<ListedMirrors>(read);
  events_.list_read(look, list);
  auto& lists = listed_[look.pool];
  const auto before = lists.find(look.where);
  const bool same = before != lists.end() && before->second == list;
  if (!same) differs_ = true;
  lists.insert_or_assign(look.where, std::move(list));
  return true;
}

// ---- URLs ---------------------------------------------------------------------------------------------------

Task<void> ListWatch::ask(Key key, Url url) {
  Target target = target_of(url, user_agent_, net_.now() + kPatience);
  Get get;
  get.url = url;
  get.headers = {{"Accept", "application/json"}};
  get.body_limit = kListLimit;
  const Got got = co_await follow(net_, std::move(target), std::move(get));
  const auto found = watched_.find(key);
  if (stopped_ || found == watched_.end()) co_return;  // configured no longer
  found->second.asking = false;
  found->second.asked = true;
  const ListLook look{key.first, ListKind::http, key.second};
  const auto why = unusable(got);
  if (why) co_return events_.list_failed(look, *why);
  take(look, got.reply.body);
}

}  // namespace mw
