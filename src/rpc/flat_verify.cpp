// SPDX-License-Identifier: Apache-2.0
// Verifies any described table: exactly what code that is generated from the schema would look at.
#include "rpc/flat_reader.hpp"

namespace switchhook::rpc::flat {
namespace {

bool verify_field(const fb::Table& table, const FieldForm& field, fb::Verifier& verifier) {
  if (field.form == Form::inside) {
    const fb::voffset_t offset = table.GetOptionalFieldOffset(field.place);
    return offset == 0 || verifier.VerifyFieldStruct(reinterpret_cast<const std::uint8_t*>(&table),
                                                     offset, field.size, field.align);
  }
  if (!table.VerifyOffset(verifier, field.place)) return false;
  const auto* behind = table.GetPointer<const std::uint8_t*>(field.place);
  if (behind == nullptr) return true;
  switch (field.form) {
    case Form::inside:
      return true;
    case Form::text:
      return verifier.VerifyString(reinterpret_cast<const fb::String*>(behind));
    case Form::numbers:
      return verifier.VerifyVectorOrString(behind, field.size);
    case Form::texts: {
      const auto* list = reinterpret_cast<const fb::Vector<fb::Offset<fb::String>>*>(behind);
      return verifier.VerifyVector(list) && verifier.VerifyVectorOfStrings(list);
    }
    case Form::tables: {
      const auto* list = reinterpret_cast<const fb::Vector<fb::Offset<fb::Table>>*>(behind);
      if (!verifier.VerifyVector(list)) return false;
      for (fb::uoffset_t i = 0; i < list->size(); ++i)
        if (!verify(list->Get(i), *field.table(), verifier)) return false;
      return true;
    }
    case Form::table:
      return verify(reinterpret_cast<const fb::Table*>(behind), *field.table(), verifier);
  }
  return false;
}

}  // namespace

bool verify(const fb::Table* table, const TableForm& form, fb::Verifier& verifier) {
  if (table == nullptr) return true;
  if (!table->VerifyTableStart(verifier)) return false;
  for (std::size_t i = 0; i < form.count; ++i)
    if (!verify_field(*table, form.fields[i], verifier)) return false;
  return verifier.EndTable();
}

}  // namespace switchhook::rpc::flat
