// SPDX-License-Identifier: Apache-2.0
// Commands and events.
#include "rpc/flat_reader.hpp"

namespace switchhook::rpc::flat {

bool read(Reader& reader, const fb::Table& from, std::size_t place, api::Command& to) {
  return read_choice(reader, from, place, to);
}
bool read(Reader& reader, const fb::Table& from, std::size_t place, api::Event& to) {
  return read_choice(reader, from, place, to);
}

}  // namespace switchhook::rpc::flat
