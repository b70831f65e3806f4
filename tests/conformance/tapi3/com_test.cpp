// SPDX-License-Identifier: Apache-2.0
// The small COM outside Windows: apartments, classes, strings, variants, arrays.
#include <cstring>
#include <thread>

#include "tests/conformance/tapi3/world.hpp"

namespace tapi3_tests {
namespace {

// "CO_E_NOTINITIALIZED", "S_FALSE: already initialized on this thread", "RPC_E_CHANGED_MODE".
// conformance: IClassFactory::CreateInstance IClassFactory::LockServer
TEST(Com, IsUsedByAThreadBetweenInitializeAndUninitialize) {
  void* out = nullptr;
  EXPECT_EQ(CoCreateInstance(CLSID_TAPI, nullptr, CLSCTX_INPROC_SERVER, IID_ITTAPI, &out),
            CO_E_NOTINITIALIZED);
  EXPECT_EQ(CoInitializeEx(nullptr, COINIT_MULTITHREADED), S_OK);
  EXPECT_EQ(CoInitializeEx(nullptr, COINIT_MULTITHREADED), S_FALSE);
  EXPECT_EQ(CoInitializeEx(nullptr, COINIT_APARTMENTTHREADED), RPC_E_CHANGED_MODE);
  EXPECT_EQ(CoInitializeEx(&out, COINIT_MULTITHREADED), E_INVALIDARG);
  std::thread other([] {
    EXPECT_EQ(CoInitialize(nullptr), S_OK);
    CoUninitialize();
  });
  other.join();
  EXPECT_EQ(CoCreateInstance(CLSID_RequestMakeCall, nullptr, CLSCTX_ALL, IID_IUnknown, &out),
            REGDB_E_CLASSNOTREG);
  EXPECT_EQ(CoCreateInstance(CLSID_TAPI, nullptr, CLSCTX_LOCAL_SERVER, IID_ITTAPI, &out),
            REGDB_E_CLASSNOTREG);
  EXPECT_EQ(CoCreateInstance(CLSID_TAPI, nullptr, CLSCTX_ALL, IID_IEnumCall, &out), E_NOINTERFACE);
  EXPECT_EQ(out, nullptr);
  Ptr<IUnknown> tapi;
  EXPECT_EQ(CoCreateInstance(CLSID_TAPI, nullptr, CLSCTX_ALL, IID_IUnknown, tapi.out_void()), S_OK);
  EXPECT_EQ(CoCreateInstance(CLSID_TAPI, tapi.get(), CLSCTX_ALL, IID_IUnknown, &out),
            CLASS_E_NOAGGREGATION);
  Ptr<IUnknown> unknown;
  EXPECT_EQ(
      CoGetClassObject(CLSID_TAPI, CLSCTX_ALL, nullptr, IID_IClassFactory, unknown.out_void()),
      S_OK);
  auto* factory = static_cast<IClassFactory*>(unknown.get());
  EXPECT_EQ(factory->LockServer(TRUE), S_OK);
  Ptr<IUnknown> second;
  EXPECT_EQ(factory->CreateInstance(nullptr, IID_ITTAPI, second.out_void()), S_OK);
  CoUninitialize();
  CoUninitialize();
  CoUninitialize();  // one too many
}

TEST(Com, MethodsBeforeInitializeSaySo) {
  tapi3::Apartment apartment;
  Ptr<ITTAPI> tapi;
  ASSERT_EQ(tapi3::create(tapi), S_OK);
  Ptr<IEnumAddress> all;
  EXPECT_EQ(tapi->EnumerateAddresses(all.out()), TAPI_E_NOT_INITIALIZED);
  EXPECT_EQ(tapi->Shutdown(), TAPI_E_NOT_INITIALIZED);
  EXPECT_EQ(tapi->UnregisterNotifications(1), E_INVALIDARG);
  EXPECT_EQ(tapi->put_EventFilter(8), TAPI_E_NOT_INITIALIZED);
}

TEST(Com, StringsCarryTheirLength) {
  const OLECHAR text[] = {'a', 0, 'b'};
  BSTR string = SysAllocStringLen(text, 3);
  EXPECT_EQ(SysStringLen(string), 3u);
  EXPECT_EQ(SysStringByteLen(string), 6u);
  EXPECT_EQ(string[3], 0);
  EXPECT_EQ(SysReAllocString(&string, OLESTR("xyz")), TRUE);
  EXPECT_EQ(SysStringLen(string), 3u);
  SysFreeString(string);
  SysFreeString(nullptr);
  EXPECT_EQ(SysAllocString(nullptr), nullptr);
  EXPECT_EQ(SysStringLen(nullptr), 0u);
}

TEST(Com, GuidsAreReadAsTheyAreWritten) {
  OLECHAR text[39];
  EXPECT_EQ(StringFromGUID2(CLSID_TAPI, text, 39), 39);
  EXPECT_EQ(StringFromGUID2(CLSID_TAPI, text, 38), 0);
  CLSID back{};
  EXPECT_EQ(CLSIDFromString(text, &back), S_OK);
  EXPECT_TRUE(IsEqualGUID(back, CLSID_TAPI));
  EXPECT_EQ(CLSIDFromString(OLESTR("{21D6D48E}"), &back), CO_E_CLASSSTRING);
  EXPECT_TRUE(IsEqualGUID(back, GUID{}));
}

TEST(Com, VariantsAreCopiedConvertedAndCleared) {
  VARIANT text;
  VariantInit(&text);
  text.vt = VT_BSTR;
  text.bstrVal = SysAllocString(OLESTR("-42"));
  VARIANT number;
  VariantInit(&number);
  EXPECT_EQ(VariantChangeType(&number, &text, 0, VT_I4), S_OK);
  EXPECT_EQ(number.lVal, -42);
  EXPECT_EQ(VariantChangeType(&number, &text, 0, VT_UI1), DISP_E_OVERFLOW);
  VARIANT copy;
  VariantInit(&copy);
  EXPECT_EQ(VariantCopy(&copy, &text), S_OK);
  EXPECT_NE(copy.bstrVal, text.bstrVal);
  EXPECT_EQ(VariantClear(&text), S_OK);
  EXPECT_EQ(text.vt, VT_EMPTY);
  VARIANT pointer;
  VariantInit(&pointer);
  pointer.vt = VT_BYREF | VT_VARIANT;
  pointer.pvarVal = &copy;
  EXPECT_EQ(VariantChangeType(&number, &pointer, 0, VT_I4), S_OK);
  EXPECT_EQ(number.lVal, -42);
  EXPECT_EQ(VariantClear(&copy), S_OK);
  VARIANT strange;
  VariantInit(&strange);
  strange.vt = 999;
  EXPECT_EQ(VariantClear(&strange), DISP_E_BADVARTYPE);
}

TEST(Com, ArraysOwnTheirElements) {
  SAFEARRAYBOUND bounds[2] = {{2, 0}, {3, 1}};
  SAFEARRAY* array = SafeArrayCreate(VT_BSTR, 2, bounds);
  ASSERT_NE(array, nullptr);
  EXPECT_EQ(SafeArrayGetDim(array), 2u);
  LONG low = 0;
  LONG high = 0;
  EXPECT_EQ(SafeArrayGetLBound(array, 2, &low), S_OK);
  EXPECT_EQ(SafeArrayGetUBound(array, 2, &high), S_OK);
  EXPECT_EQ(low, 1);
  EXPECT_EQ(high, 3);
  VARTYPE vt = VT_EMPTY;
  EXPECT_EQ(SafeArrayGetVartype(array, &vt), S_OK);
  EXPECT_EQ(vt, VT_BSTR);
  Text text("hello");
  LONG at[2] = {1, 3};
  EXPECT_EQ(SafeArrayPutElement(array, at, text.get()), S_OK);
  LONG outside[2] = {2, 1};
  EXPECT_EQ(SafeArrayPutElement(array, outside, text.get()), DISP_E_BADINDEX);
  Text back;
  EXPECT_EQ(SafeArrayGetElement(array, at, back.out()), S_OK);
  EXPECT_EQ(back.ascii(), "hello");
  SAFEARRAY* copy = nullptr;
  EXPECT_EQ(SafeArrayCopy(array, &copy), S_OK);
  void* data = nullptr;
  EXPECT_EQ(SafeArrayAccessData(array, &data), S_OK);
  EXPECT_EQ(SafeArrayDestroy(array), DISP_E_ARRAYISLOCKED);
  EXPECT_EQ(SafeArrayUnaccessData(array), S_OK);
  EXPECT_EQ(SafeArrayDestroy(array), S_OK);
  EXPECT_EQ(SafeArrayDestroy(copy), S_OK);
}

}  // namespace
}  // namespace tapi3_tests
