// SPDX-License-Identifier: Apache-2.0
// The vtables that are made from the list of interfaces, on objects of the test's own.
#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <new>
#include <string>

#include "tapi3/com/object.hpp"

namespace switchhook::tapi3 {
namespace {

/// Every offered method of an interface throws, as one does that finds no memory.
template <typename Interface>
struct Throwing {};
#define SWITCHHOOK_INTERFACE(name, base, ids, iid) \
  template <>                                      \
  struct Throwing<name> : Throwing<base> {
#define SWITCHHOOK_METHOD(face, name, parameters, how, id) \
  template <typename... Arguments>                         \
  HRESULT name(Arguments...) {                             \
    throw std::bad_alloc();                                \
  }
#define SWITCHHOOK_END(name) \
  }                          \
  ;
#include "tapi3/interfaces.def"

template <typename Interface>
class Thrower final : public ComClass<Thrower<Interface>, Interface>, public Throwing<Interface> {
 public:
  explicit Thrower(HRESULT usable) : usable_(usable) {}
  [[nodiscard]] HRESULT usable() const { return usable_; }
  [[nodiscard]] std::string description() const override { return "thrower"; }

 private:
  const HRESULT usable_;
};

/// Somewhere for every [out] parameter, and a null or a zero for every other one.
struct Given {
  bool out_is_null;
  alignas(16) unsigned char room[256];
  template <typename T>
  T argument() {
    using Plain = std::remove_cv_t<std::remove_reference_t<T>>;
    if constexpr (std::is_pointer_v<Plain>) {
      if (out_is_null) return nullptr;
      std::memset(room, 0xEE, sizeof(room));
      return reinterpret_cast<Plain>(room);
    } else {
      static const Plain kZero{};
      return kZero;
    }
  }
};

template <typename Face, typename... Arguments>
HRESULT call(Face& face, HRESULT (STDMETHODCALLTYPE Face::*method)(Arguments...), bool null) {
  [[maybe_unused]] Given given{null, {}};
  return (face.*method)(given.argument<Arguments>()...);
}

template <typename Face>
HRESULT call_on_thrower(HRESULT usable, auto method, bool null = false) {
  const Held<Thrower<Face>> object = make<Thrower<Face>>(usable);
  return call(*object->template face<Face>(), method, null);
}

// "No exception leaves a method": what is not told to the program as E_OUTOFMEMORY ends it.
TEST(Vtable, TakesEveryOfferedMethodThroughTheBoundary) {
  std::size_t methods = 0;
#define SWITCHHOOK_METHOD(face, name, parameters, how, id)                                \
  EXPECT_EQ(call_on_thrower<face>(S_OK, &face::name), E_OUTOFMEMORY) << #face "::" #name; \
  ++methods;
#include "tapi3/interfaces.def"
  EXPECT_GT(methods, 150u);
}

TEST(Vtable, AsksTheObjectWhetherItIsUsableBeforeEveryMethod) {
#define SWITCHHOOK_METHOD(face, name, parameters, how, id)                                      \
  EXPECT_EQ(call_on_thrower<face>(TAPI_E_NOT_INITIALIZED, &face::name), TAPI_E_NOT_INITIALIZED) \
      << #face "::" #name;
#include "tapi3/interfaces.def"
}

TEST(Vtable, AnswersWhatIsNotOfferedWithoutTheObject) {
#define SWITCHHOOK_NOT_OFFERED(face, name, parameters, how, id)                    \
  EXPECT_EQ(call_on_thrower<face>(E_UNEXPECTED, &face::name), TAPI_E_NOTSUPPORTED) \
      << #face "::" #name;
#include "tapi3/interfaces.def"
}

TEST(Vtable, RefusesANullForAValueAndClearsWhatItPointsTo) {
  EXPECT_EQ(call_on_thrower<ITCallInfo>(S_OK, &ITCallInfo::get_CallState, true), E_POINTER);
  EXPECT_EQ(call_on_thrower<ITCallInfo>(S_OK, &ITCallInfo::get_CallInfoBuffer, true), E_POINTER);
  EXPECT_EQ(call_on_thrower<ITAddress>(S_OK, &ITAddress::get_CurrentForwardInfo, true), E_POINTER);
  // Interfaces, strings and bytes that are passed in are the object's to judge.
  EXPECT_EQ(call_on_thrower<ITStream>(S_OK, &ITStream::SelectTerminal, true), E_OUTOFMEMORY);
  EXPECT_EQ(call_on_thrower<ITBasicCallControl>(S_OK, &ITBasicCallControl::BlindTransfer, true),
            E_OUTOFMEMORY);
  EXPECT_EQ(call_on_thrower<ITCallInfo>(S_OK, &ITCallInfo::SetCallInfoBuffer, true), E_OUTOFMEMORY);

  const Held<Thrower<ITAddress>> object = make<Thrower<ITAddress>>(S_OK);
  OLECHAR other = 0;
  BSTR text = &other;
  EXPECT_EQ(object->face<ITAddress>()->get_AddressName(&text), E_OUTOFMEMORY);
  EXPECT_EQ(text, nullptr);
  VARIANT value;
  value.vt = VT_BSTR;
  EXPECT_EQ(object->face<ITAddress>()->get_Calls(&value), E_OUTOFMEMORY);
  EXPECT_EQ(value.vt, VT_EMPTY);
}

TEST(Interfaces, AreEachListedOnce) {
  std::map<std::string, std::string> names;
#define SWITCHHOOK_ROOT(name, base, iid) \
  EXPECT_TRUE(names.emplace(iid, #name).second) << #name " and " << names[iid];
#define SWITCHHOOK_INTERFACE(name, base, ids, iid) SWITCHHOOK_ROOT(name, base, iid)
#define SWITCHHOOK_IDENTIFIER(name, guid) SWITCHHOOK_ROOT(name, void, guid)
#define SWITCHHOOK_ABSENT(name, iid) SWITCHHOOK_ROOT(name, void, iid)
#include "tapi3/interfaces.def"
  EXPECT_GE(names.size(), 149u);
}

// A script finds a member by the id that it was given for the name: two members of an object with
// one id are a property's two directions.
TEST(Interfaces, GiveEachMemberOfAnInterfaceAnIdOfItsOwn) {
  std::map<std::string, std::map<std::pair<DISPID, int>, std::string>> ids;
  const auto add = [&ids](const char* face, DISPID id, int how, const char* name) {
    for (int bit : {kMethod, kGet, kPut})
      if ((how & bit) != 0) {
        EXPECT_TRUE(ids[face].emplace(std::pair(id, bit), name).second) << face << "::" << name;
      }
  };
#define SWITCHHOOK_METHOD(face, name, parameters, how, id) add(#face, id, how, #name);
#define SWITCHHOOK_NOT_OFFERED(face, name, parameters, how, id) add(#face, id, how, #name);
#include "tapi3/interfaces.def"
}

}  // namespace
}  // namespace switchhook::tapi3
