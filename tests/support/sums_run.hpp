// Runs the looks at a checksum database in virtual time: a mirror and a reference that serve one, and what each
// look asked to remember.
#pragma once

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>

#include "probes/sumdb.hpp"
#include "tests/support/fake_net.hpp"
#include "tests/support/sum_tree.hpp"

namespace mw {

class SumsRun {
 public:
  using Memory = std::map<std::string, std::string>;

  explicit SumsRun(const VerifierKey& key) : net(loop_), database(through(url("http://192.0.2.7/go"), {key, {}})) {
    mirror.name = "one";
    mirror.url = url("http://192.0.2.7/go");
  }

  static Url url(const std::string& text) { return std::get<Url>(parse_url(text)); }

  /// At the mirror, below its sumdb/<name>/.
  FakePage& page(const std::string& path) {
    return net.host("192.0.2.7:80").pages["/go/sumdb/" + database.key.name + "/" + path];
  }
  void drop(const std::string& path) {
    net.host("192.0.2.7:80").pages.erase("/go/sumdb/" + database.key.name + "/" + path);
  }
  /// At another server, with the paths at its root.
  std::map<std::string, FakePage>& elsewhere() {
    database.elsewhere = {url("http://192.0.2.9/")};
    return net.host("192.0.2.9:80").pages;
  }

  void serve_tiles(const SumTree& tree, std::uint64_t size) {
    for (const auto& [path, bytes] : tree.tiles(size, database.tile_height)) page(path) = {200, bytes, {}};
  }
  /// The lookup of its n-th record with the head of a tree of this size, and that tree's tiles.
  void serve(const SumTree& tree, std::uint64_t n, std::uint64_t size) {
    page(*lookup_path(SumTree::module(n))) = {200, tree.lookup(n, size), {}};
    serve_tiles(tree, size);
  }

  SumsChecked check(const ModuleVersion& asked) { return run(check_sums(net, target(), database, asked)); }
  SumsChecked look() { return run(look_at_head(net, target(), database)); }

  Target target() {
    Target target{std::make_shared<const Pool>(), std::make_shared<const Mirror>(mirror), nullptr, "test/1", {}};
    target.policy = std::make_shared<const AddressPolicy>(AddressPolicy{configured});
    target.deadline = net.now() + std::chrono::seconds(5);
    target.remembered = std::make_shared<const Memory>(remembered);
    target.reference_remembered = std::make_shared<const Memory>(of_reference);
    return target;
  }

 private:
  static Task<void> keep(Task<SumsChecked> task, std::optional<SumsChecked>& out) {
    SumsChecked checked = co_await std::move(task);
    out = std::move(checked);
  }

  SumsChecked run(Task<SumsChecked> task) {
    std::optional<SumsChecked> checked;
    std::exception_ptr trouble;
    asio::co_spawn(loop_, keep(std::move(task), checked), [&](std::exception_ptr e) { trouble = e; });
    net.run_for(std::chrono::seconds(10));
    if (trouble) std::rethrow_exception(trouble);
    if (!checked) throw std::runtime_error("the look did not end");
    return *checked;
  }

  asio::io_context loop_;

 public:
  FakeNet net;
  SumDatabase database;
  Mirror mirror;
  Memory remembered;
  Memory of_reference;
  std::set<std::string> configured = {"192.0.2.7", "192.0.2.9"};
};

}  // namespace mw
