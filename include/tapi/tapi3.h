// SPDX-License-Identifier: Apache-2.0
#ifndef __tapi3_h__
#define __tapi3_h__

// TAPI 3 for builds outside Windows: include this one. The classes, the event dispinterface and
// the constants; all else is in tapi3if.h, tapi3err.h and tapicom.h. C and C++.

#include "tapi3err.h"
#include "tapi3if.h"

// clang-format off
typedef struct ITTAPIDispatchEventNotification ITTAPIDispatchEventNotification;

SWITCHHOOK_COM_IID(ITTAPIDispatchEventNotification, DIID_ITTAPIDispatchEventNotification);
#if defined(__cplusplus) && !defined(CINTERFACE)
struct ITTAPIDispatchEventNotification : public IDispatch {
};
#else
typedef struct ITTAPIDispatchEventNotificationVtbl {
  SWITCHHOOK_IDISPATCH_VTBL(ITTAPIDispatchEventNotification)
} ITTAPIDispatchEventNotificationVtbl;
struct ITTAPIDispatchEventNotification {
  const ITTAPIDispatchEventNotificationVtbl* lpVtbl;
};
#endif

// clang-format on

/// For CoCreateInstance.
EXTERN_C SWITCHHOOK_COM_EXPORT const CLSID CLSID_TAPI;
EXTERN_C SWITCHHOOK_COM_EXPORT const CLSID CLSID_DispatchMapper;
/// Known by name; its class is not offered.
EXTERN_C SWITCHHOOK_COM_EXPORT const CLSID CLSID_RequestMakeCall;

#define TAPIMEDIATYPE_AUDIO 0x8L
#define TAPIMEDIATYPE_VIDEO 0x8000L
#define TAPIMEDIATYPE_DATAMODEM 0x10L
#define TAPIMEDIATYPE_G3FAX 0x20L
#define TAPIMEDIATYPE_MULTITRACK 0x10000L

#define CLSID_String_HandsetTerminal OLESTR("{AAF578EB-DC70-11D0-8ED3-00C04FB6809F}")
#define CLSID_String_HeadsetTerminal OLESTR("{AAF578ED-DC70-11D0-8ED3-00C04FB6809F}")
#define CLSID_String_SpeakerphoneTerminal OLESTR("{AAF578EE-DC70-11D0-8ED3-00C04FB6809F}")
#define CLSID_String_MicrophoneTerminal OLESTR("{AAF578EF-DC70-11D0-8ED3-00C04FB6809F}")
#define CLSID_String_SpeakersTerminal OLESTR("{AAF578F0-DC70-11D0-8ED3-00C04FB6809F}")
#define CLSID_String_MediaStreamTerminal OLESTR("{E2F7AEF7-4971-11D1-A671-006097C9A2E8}")
#define TAPIPROTOCOL_String_PSTN OLESTR("{831CE2D6-83B5-11D1-BB5C-00C04FB6809F}")
#define TAPIPROTOCOL_String_H323 OLESTR("{831CE2D7-83B5-11D1-BB5C-00C04FB6809F}")
#define TAPIPROTOCOL_String_Multicast OLESTR("{831CE2D8-83B5-11D1-BB5C-00C04FB6809F}")

// The constants that TAPI 3 shares with TAPI 2 (LINEADDRESSTYPE_PHONENUMBER, LINECALLORIGIN_…).
#include "tapi.h"

#endif  // __tapi3_h__
