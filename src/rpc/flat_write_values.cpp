// SPDX-License-Identifier: Apache-2.0
// Values of replies, and records.
#include "rpc/flat_writer.hpp"

namespace switchhook::rpc::flat {

Ref write(fb::FlatBufferBuilder& builder, const api::Value& value) {
  return std::visit(
      [&](const auto& each) {
        if constexpr (d::Described<std::remove_cvref_t<decltype(each)>>)
          return Writer(builder).table(each);
        else
          return Ref();
      },
      d::as_variant(value));
}
Ref write(fb::FlatBufferBuilder& builder, const Record& record) {
  return Writer(builder).table(record);
}

}  // namespace switchhook::rpc::flat
