// SPDX-License-Identifier: Apache-2.0
// The schema, which other languages read, and the descriptions, by which we read and write, say the
// same: every table, field, number, type, default and enumeration.
#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include <flatbuffers/reflection_generated.h>

#include "rpc/flat.hpp"
#include "rpc/frames.hpp"

namespace switchhook::rpc {
namespace {

namespace d = describe;
using reflection::BaseType;

constexpr const char* kNamespace = "switchhook.wire.";

template <typename T>
constexpr BaseType base_type_of() {
  if constexpr (std::is_same_v<T, bool>) return reflection::Bool;
  if constexpr (d::Duration<T>) return reflection::Long;
  if constexpr (sizeof(T) == 1) return reflection::UByte;
  if constexpr (sizeof(T) == 2) return reflection::UShort;
  if constexpr (sizeof(T) == 4) return reflection::UInt;
  return std::is_signed_v<T> ? reflection::Long : reflection::ULong;
}

/// What the name of a field adds to that of the member: the unit.
template <typename T>
std::string unit_of() {
  if constexpr (!d::Duration<T>) return "";
  if constexpr (std::is_same_v<T, std::chrono::nanoseconds>) return "_ns";
  if constexpr (std::is_same_v<T, std::chrono::microseconds>) return "_us";
  if constexpr (std::is_same_v<T, std::chrono::milliseconds>) return "_ms";
  return "_s";
}

class Schema : public testing::Test {
 protected:
  Schema() {
    std::ifstream file(SWITCHHOOK_SCHEMA, std::ios::binary);
    bytes_.assign(std::istreambuf_iterator<char>(file), {});
    schema_ = reflection::GetSchema(bytes_.data());
  }
  [[nodiscard]] const reflection::Object& object(const reflection::Type& type) const {
    return *schema_->objects()->Get(static_cast<flatbuffers::uoffset_t>(type.index()));
  }
  [[nodiscard]] static std::string short_name(const flatbuffers::String* name) {
    return name->str().substr(std::string(kNamespace).size());
  }

  /// A table or struct of the schema is what the description says, and all that it refers to.
  template <d::Described T>
  void expect(const std::string& name = d::Description<T>::kName) {
    if (!seen_.insert(name).second) return;
    const auto* table = schema_->objects()->LookupByKey((kNamespace + name).c_str());
    ASSERT_NE(table, nullptr) << name;
    EXPECT_EQ(table->is_struct(), flat::kFixed<T>) << name;
    EXPECT_EQ(table->fields()->size(), d::member_count<T>) << name;
    T value{};
    d::for_each_member(value, [&](const auto& member, const auto& part) {
      using Part = std::remove_cvref_t<decltype(part)>;
      const reflection::Field* field = nullptr;
      for (const auto* each : *table->fields())
        if (each->id() == member.id) field = each;
      ASSERT_NE(field, nullptr) << name << "." << member.name;
      EXPECT_EQ(field->name()->str(), member.name + unit_of<Part>()) << name;
      expect_type<Part>(*field, member.absent, name + "." + member.name);
    });
  }

  template <typename T>
  void expect_type(const reflection::Field& field, std::int64_t absent, const std::string& name) {
    const reflection::Type& type = *field.type();
    if constexpr (d::Wrapped<T>) {
      expect_type<flat::InsideOf<T>>(field, absent, name);
    } else if constexpr (d::Number<T>) {
      EXPECT_EQ(type.base_type(), base_type_of<T>()) << name;
      EXPECT_EQ(field.default_integer(), absent) << name;
      EXPECT_FALSE(field.optional()) << name;
      if constexpr (d::Enumerated<T> && !std::is_same_v<T, Errc>) expect_values<T>(type, name);
    } else if constexpr (d::Optional<T>) {
      using Inside = typename T::value_type;
      if constexpr (d::Number<Inside>) {
        EXPECT_EQ(type.base_type(), base_type_of<Inside>()) << name;
        // Absent is told from all values: by itself, or by a number that is no value.
        EXPECT_TRUE(field.optional() || !d::is_value(static_cast<Inside>(field.default_integer())))
            << name;
        expect_values<Inside>(type, name);
      } else {
        expect_type<Inside>(field, absent, name);
      }
    } else if constexpr (d::Text<T>) {
      EXPECT_EQ(type.base_type(), reflection::String) << name;
    } else if constexpr (d::Octets<T> || d::Array<T> || d::List<T>) {
      EXPECT_EQ(type.base_type(), reflection::Vector) << name;
      using Entry = typename T::value_type;
      if constexpr (d::Text<Entry>) {
        EXPECT_EQ(type.element(), reflection::String) << name;
      } else if constexpr (d::Wrapped<Entry>) {
        EXPECT_EQ(type.element(), reflection::ULong) << name;
      } else if constexpr (d::Number<Entry>) {
        EXPECT_EQ(type.element(), base_type_of<Entry>()) << name;
      } else {
        EXPECT_EQ(type.element(), reflection::Obj) << name;
        EXPECT_EQ(short_name(object(type).name()), d::Description<Entry>::kName) << name;
        expect<Entry>();
      }
    } else {
      EXPECT_EQ(type.base_type(), reflection::Obj) << name;
      EXPECT_EQ(short_name(object(type).name()), d::Description<T>::kName) << name;
      expect<T>();
    }
  }

  /// The values of an enumeration have the same numbers, and names in as many words.
  template <d::Enumerated T>
  void expect_values(const reflection::Type& type, const std::string& name) {
    ASSERT_GE(type.index(), 0) << name;
    const auto* enumeration =
        schema_->enums()->Get(static_cast<flatbuffers::uoffset_t>(type.index()));
    std::size_t known = 0;
    for (const auto* value : *enumeration->values()) {
      const std::string word = value->name()->str();
      if (word == "unset") continue;
      ++known;
      const auto ours = static_cast<T>(value->value());
      ASSERT_TRUE(d::is_value(ours)) << name << " " << word;
      std::string told(d::word_of(ours));
      std::replace(told.begin(), told.end(), ' ', '_');
      EXPECT_TRUE(told.starts_with(word)) << name << ": " << told << " is " << word;
    }
    EXPECT_EQ(known, std::size(d::Enumeration<T>::kNames)) << name;
    enums_.insert(short_name(enumeration->name()));
  }

  /// A union of the schema, and the alternatives of a variant by their numbers in it.
  template <d::Choice T, typename NumberOf>
  void expect_union(const std::string& name, NumberOf number_of) {
    const auto* all = schema_->enums()->LookupByKey((kNamespace + name).c_str());
    ASSERT_NE(all, nullptr) << name;
    enums_.insert(name);
    for (std::size_t place = 0; place < d::kAlternatives<T>; ++place)
      d::with_alternative<T>(place, [&](auto type) {
        using Alternative = typename decltype(type)::type;
        if constexpr (d::Described<Alternative>) {
          const auto* value =
              all->values()->LookupByKey(static_cast<std::int64_t>(number_of(place)));
          EXPECT_NE(value, nullptr) << name << " " << place;
          if (value != nullptr) {
            EXPECT_EQ(value->name()->str(), d::Description<Alternative>::kName) << name;
          }
          expect<Alternative>();
        }
        return true;
      });
  }
  [[nodiscard]] std::size_t members_of_union(const std::string& name) const {
    return schema_->enums()->LookupByKey((kNamespace + name).c_str())->values()->size();
  }
  template <typename T>
  void expect_frame(Body number) {
    const auto* body = schema_->enums()->LookupByKey((std::string(kNamespace) + "Body").c_str());
    const auto* value = body->values()->LookupByKey(static_cast<std::int64_t>(number));
    ASSERT_NE(value, nullptr);
    EXPECT_EQ(value->name()->str(), d::Description<T>::kName);
    expect<T>();
  }

  std::string bytes_;
  const reflection::Schema* schema_ = nullptr;
  std::set<std::string> seen_, enums_;
};

TEST_F(Schema, SaysWhatTheDescriptionsSay) {
  ASSERT_FALSE(bytes_.empty()) << SWITCHHOOK_SCHEMA;
  expect_union<api::Command>("Command", [](std::size_t place) { return place + 1; });
  EXPECT_EQ(members_of_union("Command"), d::kAlternatives<api::Command> + 1);
  expect_union<api::Value>("Value", [](std::size_t place) { return place; });
  EXPECT_EQ(members_of_union("Value"), d::kAlternatives<api::Value>);
  expect_union<api::Event>("Body", body_of_event);
  constexpr std::size_t kOthers = 9;  // none, and the frames that are not the port's
  EXPECT_EQ(members_of_union("Body"), d::kAlternatives<api::Event> + kOthers);
  expect_frame<Hello>(Body::hello);
  expect_frame<HelloAck>(Body::hello_ack);
  expect_frame<Ping>(Body::ping);
  expect_frame<Pong>(Body::pong);
  expect_frame<Goodbye>(Body::goodbye);
  expect_frame<Ack>(Body::ack);
  // And nothing stands there that is not described. These are written by hand.
  const std::set<std::string> by_hand{"Frame", "Request", "Reply", "StoredRecord"};
  for (const auto* table : *schema_->objects()) {
    const std::string name = short_name(table->name());
    EXPECT_TRUE(seen_.contains(name) || by_hand.contains(name)) << name;
  }
  for (const auto* enumeration : *schema_->enums())
    EXPECT_TRUE(enums_.contains(short_name(enumeration->name()))) << enumeration->name()->str();
}

/// The tables that the codec writes by hand: the numbers of their fields.
TEST_F(Schema, HasTheFramesThatAreWrittenByHand) {
  const auto fields = [this](const char* name) {
    std::map<int, std::string> out;
    const auto* table = schema_->objects()->LookupByKey((std::string(kNamespace) + name).c_str());
    for (const auto* field : *table->fields()) out[field->id()] = field->name()->str();
    return out;
  };
  using Fields = std::map<int, std::string>;
  EXPECT_EQ(fields("Frame"), (Fields{{0, "body_type"}, {1, "body"}}));
  EXPECT_EQ(fields("Request"), (Fields{{0, "number"}, {1, "command_type"}, {2, "command"}}));
  EXPECT_EQ(
      fields("Reply"),
      (Fields{{0, "number"}, {1, "accepted_only"}, {2, "error"}, {3, "value_type"}, {4, "value"}}));
  EXPECT_EQ(fields("StoredRecord"), (Fields{{0, "record"}}));
}

}  // namespace
}  // namespace switchhook::rpc
