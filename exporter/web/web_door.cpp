// Watching files, and what is said when they are wrong.
#include "exporter/web/web_door.hpp"

#include <sys/stat.h>

#include <fstream>
#include <iterator>

namespace mw {

namespace {

constexpr std::size_t kLargestFile = std::size_t{1} << 20;

std::string stamp_of(const std::string& file) {
  struct stat status {};
  if (file.empty() || ::stat(file.c_str(), &status) != 0) return file + "? ";
  return std::to_string(status.st_ino) + "/" + std::to_string(status.st_size) + "/" +
         std::to_string(status.st_mtim.tv_sec) + "." + std::to_string(status.st_mtim.tv_nsec) + "/" +
         std::to_string(status.st_ctim.tv_sec) + "." + std::to_string(status.st_ctim.tv_nsec) + " ";
}

std::string joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) out.append(out.empty() ? "" : "\n").append(line);
  return out;
}

}  // namespace

WebDoor::WebDoor(std::string file, Log& log) : file_(std::move(file)), log_(log) {
  rules_.store(std::make_shared<WebRules>());
}

std::string WebDoor::stamp() const {
  const WebTls& tls = rules_.load()->config.tls;
  return stamp_of(file_) + stamp_of(tls.cert_file) + stamp_of(tls.key_file) + stamp_of(tls.client_ca_file);
}

std::optional<std::string> WebDoor::load() {
  std::ifstream in(file_, std::ios::binary);
  std::string text;
  char byte = 0;
  while (text.size() <= kLargestFile && in.get(byte)) text += byte;
  if (!in.eof()) return file_ + ": cannot be read, or is larger than 1 MiB";
  auto parsed = parse_web_config(text, file_);
  if (const auto* errors = std::get_if<std::vector<std::string>>(&parsed)) return joined(*errors);
  WebRules rules{std::move(std::get<WebConfig>(parsed)), nullptr};
  if (rules.config.has_tls) {
    auto made = make_tls_server(rules.config.tls);
    if (auto* why = std::get_if<std::string>(&made)) return file_ + ": " + *why;
    rules.tls = std::move(std::get<std::shared_ptr<TlsServer>>(made));
  }
  for (const std::string& warning : rules.config.warnings) log_.warn("web configuration", {{"warning", warning}});
  rules_.store(std::make_shared<WebRules>(std::move(rules)));
  return std::nullopt;
}

std::optional<std::string> WebDoor::open() {
  if (file_.empty()) return std::nullopt;
  auto trouble = load();
  stamp_ = stamp();
  return trouble;
}

std::shared_ptr<const WebRules> WebDoor::rules() {
  if (file_.empty()) return rules_.load();
  std::string seen = stamp();
  if (seen == stamp_) return rules_.load();
  const auto trouble = load();
  in_order_.store(!trouble, std::memory_order_relaxed);
  if (trouble)
    log_.error("web configuration not reloaded, the old one stays", {{"error", *trouble}});
  else
    log_.info("web configuration reloaded", {{"file", file_}});
  stamp_ = trouble ? std::move(seen) : stamp();
  return rules_.load();
}

}  // namespace mw
