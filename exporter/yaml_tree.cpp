// Text to plain nodes through yaml-cpp's events. Depth, size and what aliases multiply to are bounded here.
#include "exporter/yaml_tree.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <sstream>

#include "probes/model.hpp"

namespace mw {

namespace {

constexpr auto kMergeKey = "<<";

Position position(const YAML::Mark& mark) {
  if (mark.is_null()) return {};
  return {static_cast<unsigned>(mark.line + 1), static_cast<unsigned>(mark.column + 1)};
}

std::size_t size(const YamlNode& node) {
  std::size_t total = 1;
  for (const YamlNode& item : node.items) total += size(item);
  for (const YamlMember& member : node.members) total += size(member.value);
  return total;
}

/// How the builder says no from within the library, which passes its own exceptions on.
struct Refusal final : YAML::ParserException {
  using YAML::ParserException::ParserException;
};

[[noreturn]] void refuse(const YAML::Mark& mark, const std::string& what) { throw Refusal(mark, what); }

bool is_text_tag(const std::string& tag) { return tag == "!" || tag == "tag:yaml.org,2002:str"; }

void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
  if (!tag.empty() && tag != "?") refuse(mark, "has the tag " + printable(tag, 64) + ", expected none");
}

/// What a merge key stands for, below what the map says itself.
void merge(const YamlNode& from, YamlNode& into) {
  for (const YamlMember& member : from.members)
    if (into.find(member.key) == nullptr) into.members.push_back(member);
}

/// The nodes that the library's events describe.
class TreeBuilder final : public YAML::EventHandler {
 public:
  YamlNode take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    if (wants_key()) refuse(mark, "a key is empty, expected text");
    add(mark, node(YamlNode::Kind::null, mark), anchor);
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) refuse(mark, "an alias stands within what it stands for, expected it after");
    if (open_.size() + found->second.depth > kYamlDepth) refuse_depth(mark);
    add(mark, found->second.node, YAML::NullAnchor);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    if (!is_text_tag(tag)) refuse_tag(mark, tag);
    YamlNode scalar = node(YamlNode::Kind::scalar, mark);
    scalar.text = value;
    scalar.quoted = is_text_tag(tag);
    add(mark, std::move(scalar), anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    begin(mark, tag, anchor, YamlNode::Kind::sequence);
  }
  void OnSequenceEnd() override { end(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    begin(mark, tag, anchor, YamlNode::Kind::map);
  }
  void OnMapEnd() override { end(); }

 private:
  struct Key {
    std::string text;
    Position at;
  };
  struct Open {
    YamlNode node;
    YAML::Mark mark;
    YAML::anchor_t anchor;
    std::optional<Key> key;
    std::vector<YamlNode> merged;
    std::size_t depth = 1;  ///< of what is in it so far, itself included
  };
  struct Anchored {
    YamlNode node;
    std::size_t depth;
  };

  static YamlNode node(YamlNode::Kind kind, const YAML::Mark& mark) {
    YamlNode made;
    made.kind = kind;
    made.at = position(mark);
    return made;
  }

  [[noreturn]] static void refuse_depth(const YAML::Mark& mark) {
    refuse(mark, "nested too deeply, expected at most " + std::to_string(kYamlDepth) + " levels");
  }

  bool wants_key() const {
    return !open_.empty() && open_.back().node.kind == YamlNode::Kind::map && !open_.back().key;
  }

  void begin(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YamlNode::Kind kind) {
    refuse_tag(mark, tag);
    if (wants_key()) refuse(mark, "a key is no text, expected text");
    if (open_.size() == kYamlDepth) refuse_depth(mark);
    open_.push_back({node(kind, mark), mark, anchor, {}, {}});
  }

  void end() {
    Open done = std::move(open_.back());
    open_.pop_back();
    for (const YamlNode& from : done.merged) merge(from, done.node);
    if (!open_.empty()) open_.back().depth = std::max(open_.back().depth, done.depth + 1);
    if (done.anchor != YAML::NullAnchor) anchors_[done.anchor] = {done.node, done.depth};
    place(done.mark, std::move(done.node));
  }

  /// A whole value: a scalar, or what an alias stands for.
  void add(const YAML::Mark& mark, YamlNode value, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) anchors_[anchor] = {value, 1};
    nodes_ += size(value);
    if (nodes_ > kYamlNodes) refuse(mark, "more than " + std::to_string(kYamlNodes) + " values, expected fewer");
    place(mark, std::move(value));
  }

  void place(const YAML::Mark& mark, YamlNode value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return;
    }
    Open& parent = open_.back();
    if (parent.node.kind == YamlNode::Kind::sequence)
      parent.node.items.push_back(std::move(value));
    else if (!parent.key)
      take_key(mark, value, parent);
    else
      take_member(std::move(value), parent);
  }

  static void take_key(const YAML::Mark& mark, const YamlNode& value, Open& parent) {
    if (value.kind != YamlNode::Kind::scalar) refuse(mark, "a key is no text, expected text");
    for (const YamlMember& member : parent.node.members)
      if (member.key == value.text)
        refuse(mark, "'" + printable(value.text, 64) + "' is there already, in line " + std::to_string(member.at.line) +
                         ", expected each key once");
    parent.key = Key{value.text, position(mark)};
  }

  static void take_member(YamlNode value, Open& parent) {
    const Key key = *std::exchange(parent.key, std::nullopt);
    if (key.text != kMergeKey)
      parent.node.members.push_back({key.text, key.at, std::move(value)});
    else if (value.kind == YamlNode::Kind::sequence)
      parent.merged.insert(parent.merged.end(), value.items.begin(), value.items.end());
    else
      parent.merged.push_back(std::move(value));
  }

  std::vector<Open> open_;
  std::map<YAML::anchor_t, Anchored> anchors_;
  std::size_t nodes_ = 0;
  YamlNode root_;
};

std::optional<YamlError> refuse_bytes(std::string_view text) {
  if (text.size() > kYamlLimit)
    return YamlError{{}, "larger than 1 MiB, expected at most " + std::to_string(kYamlLimit) + " bytes"};
  if (text.find('\0') != std::string_view::npos) return YamlError{{}, "holds a NUL byte, expected text"};
  return std::nullopt;
}

YamlNode one_document(const std::string& text) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  TreeBuilder first;
  if (!parser.HandleNextDocument(first)) return {};
  TreeBuilder second;
  if (parser.HandleNextDocument(second)) refuse(YAML::Mark::null_mark(), "holds a second document, expected one");
  return first.take();
}

}  // namespace

const YamlNode* YamlNode::find(std::string_view key) const {
  for (const YamlMember& member : members)
    if (member.key == key) return &member.value;
  return nullptr;
}

std::string_view describe(YamlNode::Kind kind) {
  constexpr std::array kNames = {"nothing", "a value", "a list", "a table"};
  return kNames.at(static_cast<std::size_t>(kind));
}

std::variant<YamlNode, YamlError> parse_yaml(const std::string& text) {
  if (auto refused = refuse_bytes(text)) return *refused;
  try {
    return one_document(text);
  } catch (const Refusal& refusal) {
    return YamlError{position(refusal.mark), refusal.msg};
  } catch (const YAML::Exception& error) {
    return YamlError{position(error.mark), "syntax error: " + printable(error.msg)};
  }
}

}  // namespace mw
