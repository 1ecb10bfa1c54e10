// Several addresses behind one name: what they mean together. Pure.
#include "probes/checks.hpp"

namespace mw {

namespace {

bool connected(const AddressLook& look) { return !look.failure || look.failure->layer > Layer::connect; }

Failure at(const AddressLook& look, std::size_t how_many) {
  Failure failure = *look.failure;
  if (how_many > 1) failure.detail += " (at " + to_string(look.address) + ", one of " + std::to_string(how_many) + ")";
  return failure;
}

}  // namespace

std::optional<Failure> combine(const std::vector<AddressLook>& looks) {
  bool any_connected = false;
  for (const AddressLook& look : looks) {
    any_connected = any_connected || connected(look);
    if (look.failure && connected(look)) return at(look, looks.size());
  }
  if (any_connected || looks.empty()) return std::nullopt;
  return at(looks.front(), looks.size());
}

}  // namespace mw
