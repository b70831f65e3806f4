// SPDX-License-Identifier: Apache-2.0
// Values of replies, and records.
#include "rpc/flat_reader.hpp"

namespace switchhook::rpc::flat {

bool read(Reader& reader, const fb::Table& from, std::size_t place, api::Value& to) {
  return read_choice(reader, from, place, to);
}
void read(Reader& reader, const fb::Table& from, Record& to) {
  reader.table(&from, to);
}

}  // namespace switchhook::rpc::flat
