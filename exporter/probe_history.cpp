// What goes, what stays.
#include "exporter/probe_history.hpp"

#include <algorithm>

namespace mw {

namespace {

bool same_slot(const PastProbe& a, const PastProbe& b) {
  return a.target == b.target && a.module->name == b.module->name;
}

}  // namespace

void ProbeHistory::set_limit(std::size_t limit) {
  limit_ = limit;
  while (recent_.size() > limit_) {
    retire(recent_.front());
    recent_.pop_front();
  }
}

void ProbeHistory::retire(std::shared_ptr<const PastProbe> past) {
  if (past->success || limit_ == 0) return;
  std::erase_if(failures_, [&](const auto& each) { return same_slot(*each, *past); });
  failures_.push_back(std::move(past));
  if (failures_.size() > limit_) failures_.pop_front();
}

std::shared_ptr<const PastProbe> ProbeHistory::add(PastProbe past) {
  past.id = ++last_id_;
  auto added = std::make_shared<const PastProbe>(std::move(past));
  recent_.push_back(added);
  set_limit(limit_);
  return added;
}

std::shared_ptr<const PastProbe> ProbeHistory::find(std::uint64_t id) const {
  for (const auto& each : all())
    if (each->id == id) return each;
  return nullptr;
}

std::shared_ptr<const PastProbe> ProbeHistory::latest(std::string_view target, std::string_view module) const {
  for (const auto& each : all())
    if (each->target == target && (module.empty() || each->module->name == module)) return each;
  return nullptr;
}

std::vector<std::shared_ptr<const PastProbe>> ProbeHistory::all() const {
  std::vector<std::shared_ptr<const PastProbe>> list(recent_.rbegin(), recent_.rend());
  list.insert(list.end(), failures_.rbegin(), failures_.rend());
  return list;
}

}  // namespace mw
