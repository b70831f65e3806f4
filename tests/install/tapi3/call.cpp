// SPDX-License-Identifier: Apache-2.0
// A TAPI 3 program of somebody else's: 0 when a call was connected, ended and released.
#include <tapi3.h>
#include <tapi3ptr.h>

int main() {
  const tapi3::Apartment apartment;
  tapi3::Ptr<ITTAPI> tapi;
  if (FAILED(tapi3::create(tapi)) || FAILED(tapi->Initialize())) return 1;
  int result = 2;
  if (const auto address = tapi3::find_address(tapi.get(), "100")) {
    tapi3::Ptr<ITBasicCallControl> call;
    if (SUCCEEDED(address->CreateCall(tapi3::Text("200").get(), LINEADDRESSTYPE_PHONENUMBER,
                                      TAPIMEDIATYPE_AUDIO, call.out())) &&
        call->Connect(VARIANT_TRUE) == S_OK && call->Disconnect(DC_NORMAL) == S_OK)
      result = 0;
  }
  return SUCCEEDED(tapi->Shutdown()) ? result : 3;
}
