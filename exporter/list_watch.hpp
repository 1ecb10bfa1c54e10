// Looks again and again at the lists that the configuration names, files and URLs, and keeps what each said last when
// it could be read. What a list means is mirror_lists.hpp's business. One loop thread.
#pragma once

#include <asio/any_io_executor.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "exporter/mirror_lists.hpp"
#include "exporter/plain_file.hpp"
#include "probes/net.hpp"

namespace mw {

enum class ListKind : std::uint8_t { file, http };
std::string_view name(ListKind);

/// One list as it was just looked at.
struct ListLook {
  std::string pool;
  ListKind kind{};
  std::string where;  ///< the file's path, or the URL
};

/// Called on the loop thread.
struct ListEvents {
  virtual ~ListEvents() = default;
  virtual void list_read(const ListLook&, const ListedMirrors&) {}
  /// What it said before stays.
  virtual void list_failed(const ListLook&, const std::string& /*why*/) {}
  virtual void list_task_died(const std::string& /*what*/) {}
};

class ListWatch {
 public:
  /// `changed` is called when other mirrors are listed than were handed over, never from within a call.
  ListWatch(asio::any_io_executor, Net&, ListEvents&, std::function<void()> changed);

  /// Reads the files of lists that are new; asks their URLs soon. Lists that are there no longer are forgotten.
  void configure(const Config&, std::string user_agent);
  /// What is listed now. What comes after it is worth another call of `changed`.
  const Listed& hand_over();
  /// Every URL has answered, or failed to, once.
  bool has_asked_all() const;
  void stop() { stopped_ = true; }

 private:
  using Key = std::pair<std::string, std::string>;  ///< pool, and the pattern of the files or the URL
  struct Watched {
    ListKind kind{};
    Url url;
    Duration refresh{};
    SteadyTime due{};
    bool asking = false;
    bool asked = false;
  };
  std::map<Key, Watched> watched_in(const Config&) const;
  void forget_strangers();
  void look();
  void look_at(const Key&, Watched&);
  void read_files(const Key&);
  void read_changed(const Key&, const std::string& path);
  void drop_gone(const Key&, const std::vector<std::string>& files);
  bool take(const ListLook&, const std::string& text);
  Task<void> keep_looking();
  Task<void> ask(Key, Url);
  void spawn(Task<void>);

  asio::any_io_executor executor_;
  Net& net_;
  ListEvents& events_;
  std::function<void()> changed_;
  std::string user_agent_;
  std::map<Key, Watched> watched_;
  std::map<Key, FileStamp> stamps_;  ///< by pool and path, of what was read last
  Listed listed_;
  bool differs_ = false;  ///< from what was handed over
  bool looking_ = false;
  bool stopped_ = false;
};

}  // namespace mw
