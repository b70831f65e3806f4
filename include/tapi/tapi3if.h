// SPDX-License-Identifier: Apache-2.0
#ifndef __tapi3if_h__
#define __tapi3if_h__

// The interfaces and enumerations of TAPI 3, for builds outside Windows: Microsoft's IIDs, vtable
// order and values, held to them by tests/abi/tapi3. Interfaces that libtapi3 does not offer are
// declared by name only. C and C++. What each method does here: docs/tapi3.md and
// docs/tapi3-conformance.md; `long` is the compiler's (docs/decisions/0100).
// Threads: every method from any thread. Ownership: COM's (tapicom.h).

#include "tapicom.h"

// clang-format off
typedef struct ITTAPI ITTAPI;
typedef struct ITTAPI2 ITTAPI2;
typedef struct ITMediaSupport ITMediaSupport;
typedef struct ITTerminalSupport ITTerminalSupport;
typedef struct ITAddress ITAddress;
typedef struct ITAddress2 ITAddress2;
typedef struct ITAddressCapabilities ITAddressCapabilities;
typedef struct ITBasicCallControl ITBasicCallControl;
typedef struct ITBasicCallControl2 ITBasicCallControl2;
typedef struct ITCallInfo ITCallInfo;
typedef struct ITCallInfo2 ITCallInfo2;
typedef struct ITTerminal ITTerminal;
typedef struct ITBasicAudioTerminal ITBasicAudioTerminal;
typedef struct ITStaticAudioTerminal ITStaticAudioTerminal;
typedef struct ITCallHub ITCallHub;
typedef struct ITStreamControl ITStreamControl;
typedef struct ITStream ITStream;
typedef struct IEnumStream IEnumStream;
typedef struct IEnumTerminal IEnumTerminal;
typedef struct IEnumTerminalClass IEnumTerminalClass;
typedef struct IEnumCall IEnumCall;
typedef struct IEnumAddress IEnumAddress;
typedef struct IEnumCallHub IEnumCallHub;
typedef struct IEnumBstr IEnumBstr;
typedef struct ITCallStateEvent ITCallStateEvent;
typedef struct ITCallMediaEvent ITCallMediaEvent;
typedef struct ITCallNotificationEvent ITCallNotificationEvent;
typedef struct ITCallHubEvent ITCallHubEvent;
typedef struct ITCallInfoChangeEvent ITCallInfoChangeEvent;
typedef struct ITAddressEvent ITAddressEvent;
typedef struct ITTAPIObjectEvent ITTAPIObjectEvent;
typedef struct ITTAPIObjectEvent2 ITTAPIObjectEvent2;
typedef struct ITTAPIEventNotification ITTAPIEventNotification;
typedef struct ITCollection ITCollection;
typedef struct ITCollection2 ITCollection2;
typedef struct ITDispatchMapper ITDispatchMapper;

// Not offered.
typedef struct ITPluggableTerminalClassInfo ITPluggableTerminalClassInfo;
typedef struct ITPluggableTerminalSuperclassInfo ITPluggableTerminalSuperclassInfo;
typedef struct ITTerminalSupport2 ITTerminalSupport2;
typedef struct ITPhone ITPhone;
typedef struct ITAutomatedPhoneControl ITAutomatedPhoneControl;
typedef struct ITMultiTrackTerminal ITMultiTrackTerminal;
typedef struct ITFileTrack ITFileTrack;
typedef struct ITMediaPlayback ITMediaPlayback;
typedef struct ITMediaRecord ITMediaRecord;
typedef struct ITMediaControl ITMediaControl;
typedef struct ITLegacyAddressMediaControl ITLegacyAddressMediaControl;
typedef struct ITPrivateEvent ITPrivateEvent;
typedef struct ITLegacyAddressMediaControl2 ITLegacyAddressMediaControl2;
typedef struct ITLegacyCallMediaControl ITLegacyCallMediaControl;
typedef struct ITLegacyCallMediaControl2 ITLegacyCallMediaControl2;
typedef struct ITDetectTone ITDetectTone;
typedef struct ITCustomTone ITCustomTone;
typedef struct IEnumPhone IEnumPhone;
typedef struct IEnumPluggableTerminalClassInfo IEnumPluggableTerminalClassInfo;
typedef struct IEnumPluggableSuperclassInfo IEnumPluggableSuperclassInfo;
typedef struct ITPhoneEvent ITPhoneEvent;
typedef struct ITPhoneDeviceSpecificEvent ITPhoneDeviceSpecificEvent;
typedef struct ITDigitDetectionEvent ITDigitDetectionEvent;
typedef struct ITDigitGenerationEvent ITDigitGenerationEvent;
typedef struct ITDigitsGatheredEvent ITDigitsGatheredEvent;
typedef struct ITToneDetectionEvent ITToneDetectionEvent;
typedef struct ITAddressDeviceSpecificEvent ITAddressDeviceSpecificEvent;
typedef struct ITFileTerminalEvent ITFileTerminalEvent;
typedef struct ITTTSTerminalEvent ITTTSTerminalEvent;
typedef struct ITASRTerminalEvent ITASRTerminalEvent;
typedef struct ITToneTerminalEvent ITToneTerminalEvent;
typedef struct ITQOSEvent ITQOSEvent;
typedef struct ITRequest ITRequest;
typedef struct ITRequestEvent ITRequestEvent;
typedef struct ITForwardInformation ITForwardInformation;
typedef struct ITForwardInformation2 ITForwardInformation2;
typedef struct ITAddressTranslation ITAddressTranslation;
typedef struct ITAddressTranslationInfo ITAddressTranslationInfo;
typedef struct ITLocationInfo ITLocationInfo;
typedef struct IEnumLocation IEnumLocation;
typedef struct ITCallingCard ITCallingCard;
typedef struct IEnumCallingCard IEnumCallingCard;
typedef struct ITSubStreamControl ITSubStreamControl;
typedef struct ITSubStream ITSubStream;
typedef struct IEnumSubStream IEnumSubStream;
typedef struct ITLegacyWaveSupport ITLegacyWaveSupport;
typedef struct ITScriptableAudioFormat ITScriptableAudioFormat;

typedef enum TAPI_TONEMODE {
  TTM_RINGBACK = 2,
  TTM_BUSY = 4,
  TTM_BEEP = 8,
  TTM_BILLING = 0x10,
} TAPI_TONEMODE;

typedef enum TAPI_GATHERTERM {
  TGT_BUFFERFULL = 1,
  TGT_TERMDIGIT = 2,
  TGT_FIRSTTIMEOUT = 4,
  TGT_INTERTIMEOUT = 8,
  TGT_CANCEL = 0x10,
} TAPI_GATHERTERM;

typedef enum ADDRESS_EVENT {
  AE_STATE = 0,
  AE_CAPSCHANGE = 1,
  AE_RINGING = 2,
  AE_CONFIGCHANGE = 3,
  AE_FORWARD = 4,
  AE_NEWTERMINAL = 5,
  AE_REMOVETERMINAL = 6,
  AE_MSGWAITON = 7,
  AE_MSGWAITOFF = 8,
  AE_LASTITEM = 8,
} ADDRESS_EVENT;

typedef enum ADDRESS_STATE {
  AS_INSERVICE = 0,
  AS_OUTOFSERVICE = 1,
} ADDRESS_STATE;

typedef enum CALL_STATE {
  CS_IDLE = 0,
  CS_INPROGRESS = 1,
  CS_CONNECTED = 2,
  CS_DISCONNECTED = 3,
  CS_OFFERING = 4,
  CS_HOLD = 5,
  CS_QUEUED = 6,
  CS_LASTITEM = 6,
} CALL_STATE;

typedef enum CALL_STATE_EVENT_CAUSE {
  CEC_NONE = 0,
  CEC_DISCONNECT_NORMAL = 1,
  CEC_DISCONNECT_BUSY = 2,
  CEC_DISCONNECT_BADADDRESS = 3,
  CEC_DISCONNECT_NOANSWER = 4,
  CEC_DISCONNECT_CANCELLED = 5,
  CEC_DISCONNECT_REJECTED = 6,
  CEC_DISCONNECT_FAILED = 7,
  CEC_DISCONNECT_BLOCKED = 8,
} CALL_STATE_EVENT_CAUSE;

typedef enum CALL_MEDIA_EVENT {
  CME_NEW_STREAM = 0,
  CME_STREAM_FAIL = 1,
  CME_TERMINAL_FAIL = 2,
  CME_STREAM_NOT_USED = 3,
  CME_STREAM_ACTIVE = 4,
  CME_STREAM_INACTIVE = 5,
  CME_LASTITEM = 5,
} CALL_MEDIA_EVENT;

typedef enum CALL_MEDIA_EVENT_CAUSE {
  CMC_UNKNOWN = 0,
  CMC_BAD_DEVICE = 1,
  CMC_CONNECT_FAIL = 2,
  CMC_LOCAL_REQUEST = 3,
  CMC_REMOTE_REQUEST = 4,
  CMC_MEDIA_TIMEOUT = 5,
  CMC_MEDIA_RECOVERED = 6,
  CMC_QUALITY_OF_SERVICE = 7,
} CALL_MEDIA_EVENT_CAUSE;

typedef enum DISCONNECT_CODE {
  DC_NORMAL = 0,
  DC_NOANSWER = 1,
  DC_REJECTED = 2,
} DISCONNECT_CODE;

typedef enum TERMINAL_STATE {
  TS_INUSE = 0,
  TS_NOTINUSE = 1,
} TERMINAL_STATE;

typedef enum TERMINAL_DIRECTION {
  TD_CAPTURE = 0,
  TD_RENDER = 1,
  TD_BIDIRECTIONAL = 2,
  TD_MULTITRACK_MIXED = 3,
  TD_NONE = 4,
} TERMINAL_DIRECTION;

typedef enum TERMINAL_TYPE {
  TT_STATIC = 0,
  TT_DYNAMIC = 1,
} TERMINAL_TYPE;

typedef enum CALL_PRIVILEGE {
  CP_OWNER = 0,
  CP_MONITOR = 1,
} CALL_PRIVILEGE;

typedef enum TAPI_EVENT {
  TE_TAPIOBJECT = 1,
  TE_ADDRESS = 2,
  TE_CALLNOTIFICATION = 4,
  TE_CALLSTATE = 8,
  TE_CALLMEDIA = 0x10,
  TE_CALLHUB = 0x20,
  TE_CALLINFOCHANGE = 0x40,
  TE_PRIVATE = 0x80,
  TE_REQUEST = 0x100,
  TE_AGENT = 0x200,
  TE_AGENTSESSION = 0x400,
  TE_QOSEVENT = 0x800,
  TE_AGENTHANDLER = 0x1000,
  TE_ACDGROUP = 0x2000,
  TE_QUEUE = 0x4000,
  TE_DIGITEVENT = 0x8000,
  TE_GENERATEEVENT = 0x10000,
  TE_ASRTERMINAL = 0x20000,
  TE_TTSTERMINAL = 0x40000,
  TE_FILETERMINAL = 0x80000,
  TE_TONETERMINAL = 0x100000,
  TE_PHONEEVENT = 0x200000,
  TE_TONEEVENT = 0x400000,
  TE_GATHERDIGITS = 0x800000,
  TE_ADDRESSDEVSPECIFIC = 0x1000000,
  TE_PHONEDEVSPECIFIC = 0x2000000,
} TAPI_EVENT;

typedef enum CALL_NOTIFICATION_EVENT {
  CNE_OWNER = 0,
  CNE_MONITOR = 1,
  CNE_LASTITEM = 1,
} CALL_NOTIFICATION_EVENT;

typedef enum CALLHUB_EVENT {
  CHE_CALLJOIN = 0,
  CHE_CALLLEAVE = 1,
  CHE_CALLHUBNEW = 2,
  CHE_CALLHUBIDLE = 3,
  CHE_LASTITEM = 3,
} CALLHUB_EVENT;

typedef enum CALLHUB_STATE {
  CHS_ACTIVE = 0,
  CHS_IDLE = 1,
} CALLHUB_STATE;

typedef enum TAPIOBJECT_EVENT {
  TE_ADDRESSCREATE = 0,
  TE_ADDRESSREMOVE = 1,
  TE_REINIT = 2,
  TE_TRANSLATECHANGE = 3,
  TE_ADDRESSCLOSE = 4,
  TE_PHONECREATE = 5,
  TE_PHONEREMOVE = 6,
} TAPIOBJECT_EVENT;

typedef enum TAPI_OBJECT_TYPE {
  TOT_NONE = 0,
  TOT_TAPI = 1,
  TOT_ADDRESS = 2,
  TOT_TERMINAL = 3,
  TOT_CALL = 4,
  TOT_CALLHUB = 5,
  TOT_PHONE = 6,
} TAPI_OBJECT_TYPE;

typedef enum QOS_SERVICE_LEVEL {
  QSL_NEEDED = 1,
  QSL_IF_AVAILABLE = 2,
  QSL_BEST_EFFORT = 3,
} QOS_SERVICE_LEVEL;

typedef enum QOS_EVENT {
  QE_NOQOS = 1,
  QE_ADMISSIONFAILURE = 2,
  QE_POLICYFAILURE = 3,
  QE_GENERICERROR = 4,
  QE_LASTITEM = 4,
} QOS_EVENT;

typedef enum CALLINFOCHANGE_CAUSE {
  CIC_OTHER = 0,
  CIC_DEVSPECIFIC = 1,
  CIC_BEARERMODE = 2,
  CIC_RATE = 3,
  CIC_APPSPECIFIC = 4,
  CIC_CALLID = 5,
  CIC_RELATEDCALLID = 6,
  CIC_ORIGIN = 7,
  CIC_REASON = 8,
  CIC_COMPLETIONID = 9,
  CIC_NUMOWNERINCR = 10,
  CIC_NUMOWNERDECR = 11,
  CIC_NUMMONITORS = 12,
  CIC_TRUNK = 13,
  CIC_CALLERID = 14,
  CIC_CALLEDID = 15,
  CIC_CONNECTEDID = 16,
  CIC_REDIRECTIONID = 17,
  CIC_REDIRECTINGID = 18,
  CIC_USERUSERINFO = 19,
  CIC_HIGHLEVELCOMP = 20,
  CIC_LOWLEVELCOMP = 21,
  CIC_CHARGINGINFO = 22,
  CIC_TREATMENT = 23,
  CIC_CALLDATA = 24,
  CIC_PRIVILEGE = 25,
  CIC_MEDIATYPE = 26,
  CIC_LASTITEM = 26,
} CALLINFOCHANGE_CAUSE;

typedef enum CALLINFO_LONG {
  CIL_MEDIATYPESAVAILABLE = 0,
  CIL_BEARERMODE = 1,
  CIL_CALLERIDADDRESSTYPE = 2,
  CIL_CALLEDIDADDRESSTYPE = 3,
  CIL_CONNECTEDIDADDRESSTYPE = 4,
  CIL_REDIRECTIONIDADDRESSTYPE = 5,
  CIL_REDIRECTINGIDADDRESSTYPE = 6,
  CIL_ORIGIN = 7,
  CIL_REASON = 8,
  CIL_APPSPECIFIC = 9,
  CIL_CALLPARAMSFLAGS = 10,
  CIL_CALLTREATMENT = 11,
  CIL_MINRATE = 12,
  CIL_MAXRATE = 13,
  CIL_COUNTRYCODE = 14,
  CIL_CALLID = 15,
  CIL_RELATEDCALLID = 16,
  CIL_COMPLETIONID = 17,
  CIL_NUMBEROFOWNERS = 18,
  CIL_NUMBEROFMONITORS = 19,
  CIL_TRUNK = 20,
  CIL_RATE = 21,
  CIL_GENERATEDIGITDURATION = 22,
  CIL_MONITORDIGITMODES = 23,
  CIL_MONITORMEDIAMODES = 24,
} CALLINFO_LONG;

typedef enum CALLINFO_STRING {
  CIS_CALLERIDNAME = 0,
  CIS_CALLERIDNUMBER = 1,
  CIS_CALLEDIDNAME = 2,
  CIS_CALLEDIDNUMBER = 3,
  CIS_CONNECTEDIDNAME = 4,
  CIS_CONNECTEDIDNUMBER = 5,
  CIS_REDIRECTIONIDNAME = 6,
  CIS_REDIRECTIONIDNUMBER = 7,
  CIS_REDIRECTINGIDNAME = 8,
  CIS_REDIRECTINGIDNUMBER = 9,
  CIS_CALLEDPARTYFRIENDLYNAME = 10,
  CIS_COMMENT = 11,
  CIS_DISPLAYABLEADDRESS = 12,
  CIS_CALLINGPARTYID = 13,
} CALLINFO_STRING;

typedef enum CALLINFO_BUFFER {
  CIB_USERUSERINFO = 0,
  CIB_DEVSPECIFICBUFFER = 1,
  CIB_CALLDATABUFFER = 2,
  CIB_CHARGINGINFOBUFFER = 3,
  CIB_HIGHLEVELCOMPATIBILITYBUFFER = 4,
  CIB_LOWLEVELCOMPATIBILITYBUFFER = 5,
} CALLINFO_BUFFER;

typedef enum ADDRESS_CAPABILITY {
  AC_ADDRESSTYPES = 0,
  AC_BEARERMODES = 1,
  AC_MAXACTIVECALLS = 2,
  AC_MAXONHOLDCALLS = 3,
  AC_MAXONHOLDPENDINGCALLS = 4,
  AC_MAXNUMCONFERENCE = 5,
  AC_MAXNUMTRANSCONF = 6,
  AC_MONITORDIGITSUPPORT = 7,
  AC_GENERATEDIGITSUPPORT = 8,
  AC_GENERATETONEMODES = 9,
  AC_GENERATETONEMAXNUMFREQ = 10,
  AC_MONITORTONEMAXNUMFREQ = 11,
  AC_MONITORTONEMAXNUMENTRIES = 12,
  AC_DEVCAPFLAGS = 13,
  AC_ANSWERMODES = 14,
  AC_LINEFEATURES = 15,
  AC_SETTABLEDEVSTATUS = 16,
  AC_PARKSUPPORT = 17,
  AC_CALLERIDSUPPORT = 18,
  AC_CALLEDIDSUPPORT = 19,
  AC_CONNECTEDIDSUPPORT = 20,
  AC_REDIRECTIONIDSUPPORT = 21,
  AC_REDIRECTINGIDSUPPORT = 22,
  AC_ADDRESSCAPFLAGS = 23,
  AC_CALLFEATURES1 = 24,
  AC_CALLFEATURES2 = 25,
  AC_REMOVEFROMCONFCAPS = 26,
  AC_REMOVEFROMCONFSTATE = 27,
  AC_TRANSFERMODES = 28,
  AC_ADDRESSFEATURES = 29,
  AC_PREDICTIVEAUTOTRANSFERSTATES = 30,
  AC_MAXCALLDATASIZE = 31,
  AC_LINEID = 32,
  AC_ADDRESSID = 33,
  AC_FORWARDMODES = 34,
  AC_MAXFORWARDENTRIES = 35,
  AC_MAXSPECIFICENTRIES = 36,
  AC_MINFWDNUMRINGS = 37,
  AC_MAXFWDNUMRINGS = 38,
  AC_MAXCALLCOMPLETIONS = 39,
  AC_CALLCOMPLETIONCONDITIONS = 40,
  AC_CALLCOMPLETIONMODES = 41,
  AC_PERMANENTDEVICEID = 42,
  AC_GATHERDIGITSMINTIMEOUT = 43,
  AC_GATHERDIGITSMAXTIMEOUT = 44,
  AC_GENERATEDIGITMINDURATION = 45,
  AC_GENERATEDIGITMAXDURATION = 46,
  AC_GENERATEDIGITDEFAULTDURATION = 47,
} ADDRESS_CAPABILITY;

typedef enum ADDRESS_CAPABILITY_STRING {
  ACS_PROTOCOL = 0,
  ACS_ADDRESSDEVICESPECIFIC = 1,
  ACS_LINEDEVICESPECIFIC = 2,
  ACS_PROVIDERSPECIFIC = 3,
  ACS_SWITCHSPECIFIC = 4,
  ACS_PERMANENTDEVICEGUID = 5,
} ADDRESS_CAPABILITY_STRING;

typedef enum FULLDUPLEX_SUPPORT {
  FDS_SUPPORTED = 0,
  FDS_NOTSUPPORTED = 1,
  FDS_UNKNOWN = 2,
} FULLDUPLEX_SUPPORT;

typedef enum FINISH_MODE {
  FM_ASTRANSFER = 0,
  FM_ASCONFERENCE = 1,
} FINISH_MODE;

typedef enum PHONE_PRIVILEGE {
  PP_OWNER = 0,
  PP_MONITOR = 1,
} PHONE_PRIVILEGE;

typedef enum PHONE_HOOK_SWITCH_DEVICE {
  PHSD_HANDSET = 1,
  PHSD_SPEAKERPHONE = 2,
  PHSD_HEADSET = 4,
} PHONE_HOOK_SWITCH_DEVICE;

typedef enum PHONE_HOOK_SWITCH_STATE {
  PHSS_ONHOOK = 1,
  PHSS_OFFHOOK_MIC_ONLY = 2,
  PHSS_OFFHOOK_SPEAKER_ONLY = 4,
  PHSS_OFFHOOK = 8,
} PHONE_HOOK_SWITCH_STATE;

typedef enum PHONE_LAMP_MODE {
  LM_DUMMY = 1,
  LM_OFF = 2,
  LM_STEADY = 4,
  LM_WINK = 8,
  LM_FLASH = 0x10,
  LM_FLUTTER = 0x20,
  LM_BROKENFLUTTER = 0x40,
  LM_UNKNOWN = 0x80,
} PHONE_LAMP_MODE;

typedef enum PHONECAPS_LONG {
  PCL_HOOKSWITCHES = 0,
  PCL_HANDSETHOOKSWITCHMODES = 1,
  PCL_HEADSETHOOKSWITCHMODES = 2,
  PCL_SPEAKERPHONEHOOKSWITCHMODES = 3,
  PCL_DISPLAYNUMROWS = 4,
  PCL_DISPLAYNUMCOLUMNS = 5,
  PCL_NUMRINGMODES = 6,
  PCL_NUMBUTTONLAMPS = 7,
  PCL_GENERICPHONE = 8,
} PHONECAPS_LONG;

typedef enum PHONECAPS_STRING {
  PCS_PHONENAME = 0,
  PCS_PHONEINFO = 1,
  PCS_PROVIDERINFO = 2,
} PHONECAPS_STRING;

typedef enum PHONECAPS_BUFFER {
  PCB_DEVSPECIFICBUFFER = 0,
} PHONECAPS_BUFFER;

typedef enum PHONE_BUTTON_STATE {
  PBS_UP = 1,
  PBS_DOWN = 2,
  PBS_UNKNOWN = 4,
  PBS_UNAVAIL = 8,
} PHONE_BUTTON_STATE;

typedef enum PHONE_BUTTON_MODE {
  PBM_DUMMY = 0,
  PBM_CALL = 1,
  PBM_FEATURE = 2,
  PBM_KEYPAD = 3,
  PBM_LOCAL = 4,
  PBM_DISPLAY = 5,
} PHONE_BUTTON_MODE;

typedef enum PHONE_BUTTON_FUNCTION {
  PBF_UNKNOWN = 0,
  PBF_CONFERENCE = 1,
  PBF_TRANSFER = 2,
  PBF_DROP = 3,
  PBF_HOLD = 4,
  PBF_RECALL = 5,
  PBF_DISCONNECT = 6,
  PBF_CONNECT = 7,
  PBF_MSGWAITON = 8,
  PBF_MSGWAITOFF = 9,
  PBF_SELECTRING = 10,
  PBF_ABBREVDIAL = 11,
  PBF_FORWARD = 12,
  PBF_PICKUP = 13,
  PBF_RINGAGAIN = 14,
  PBF_PARK = 15,
  PBF_REJECT = 16,
  PBF_REDIRECT = 17,
  PBF_MUTE = 18,
  PBF_VOLUMEUP = 19,
  PBF_VOLUMEDOWN = 20,
  PBF_SPEAKERON = 21,
  PBF_SPEAKEROFF = 22,
  PBF_FLASH = 23,
  PBF_DATAON = 24,
  PBF_DATAOFF = 25,
  PBF_DONOTDISTURB = 26,
  PBF_INTERCOM = 27,
  PBF_BRIDGEDAPP = 28,
  PBF_BUSY = 29,
  PBF_CALLAPP = 30,
  PBF_DATETIME = 31,
  PBF_DIRECTORY = 32,
  PBF_COVER = 33,
  PBF_CALLID = 34,
  PBF_LASTNUM = 35,
  PBF_NIGHTSRV = 36,
  PBF_SENDCALLS = 37,
  PBF_MSGINDICATOR = 38,
  PBF_REPDIAL = 39,
  PBF_SETREPDIAL = 40,
  PBF_SYSTEMSPEED = 41,
  PBF_STATIONSPEED = 42,
  PBF_CAMPON = 43,
  PBF_SAVEREPEAT = 44,
  PBF_QUEUECALL = 45,
  PBF_NONE = 46,
  PBF_SEND = 47,
} PHONE_BUTTON_FUNCTION;

typedef enum PHONE_TONE {
  PT_KEYPADZERO = 0,
  PT_KEYPADONE = 1,
  PT_KEYPADTWO = 2,
  PT_KEYPADTHREE = 3,
  PT_KEYPADFOUR = 4,
  PT_KEYPADFIVE = 5,
  PT_KEYPADSIX = 6,
  PT_KEYPADSEVEN = 7,
  PT_KEYPADEIGHT = 8,
  PT_KEYPADNINE = 9,
  PT_KEYPADSTAR = 10,
  PT_KEYPADPOUND = 11,
  PT_KEYPADA = 12,
  PT_KEYPADB = 13,
  PT_KEYPADC = 14,
  PT_KEYPADD = 15,
  PT_NORMALDIALTONE = 16,
  PT_EXTERNALDIALTONE = 17,
  PT_BUSY = 18,
  PT_RINGBACK = 19,
  PT_ERRORTONE = 20,
  PT_SILENCE = 21,
} PHONE_TONE;

typedef enum PHONE_EVENT {
  PE_DISPLAY = 0,
  PE_LAMPMODE = 1,
  PE_RINGMODE = 2,
  PE_RINGVOLUME = 3,
  PE_HOOKSWITCH = 4,
  PE_CAPSCHANGE = 5,
  PE_BUTTON = 6,
  PE_CLOSE = 7,
  PE_NUMBERGATHERED = 8,
  PE_DIALING = 9,
  PE_ANSWER = 10,
  PE_DISCONNECT = 11,
  PE_LASTITEM = 11,
} PHONE_EVENT;

typedef enum TERMINAL_MEDIA_STATE {
  TMS_IDLE = 0,
  TMS_ACTIVE = 1,
  TMS_PAUSED = 2,
  TMS_LASTITEM = 2,
} TERMINAL_MEDIA_STATE;

typedef enum FT_STATE_EVENT_CAUSE {
  FTEC_NORMAL = 0,
  FTEC_END_OF_FILE = 1,
  FTEC_READ_ERROR = 2,
  FTEC_WRITE_ERROR = 3,
} FT_STATE_EVENT_CAUSE;

// Which interface of an object a DISPID belongs to.
#define INTERFACEMASK (0xff0000)
#define DISPIDMASK (0xffff)
#define IDISPTAPI (0x10000)
#define IDISPTAPICALLCENTER (0x20000)
#define IDISPCALLINFO (0x10000)
#define IDISPBASICCALLCONTROL (0x20000)
#define IDISPLEGACYCALLMEDIACONTROL (0x30000)
#define IDISPAGGREGATEDMSPCALLOBJ (0x40000)
#define IDISPADDRESS (0x10000)
#define IDISPADDRESSCAPABILITIES (0x20000)
#define IDISPMEDIASUPPORT (0x30000)
#define IDISPADDRESSTRANSLATION (0x40000)
#define IDISPLEGACYADDRESSMEDIACONTROL (0x50000)
#define IDISPAGGREGATEDMSPADDRESSOBJ (0x60000)

SWITCHHOOK_COM_IID(ITTAPI, IID_ITTAPI);
#if defined(__cplusplus) && !defined(CINTERFACE)
struct ITTAPI : public IDispatch {
  virtual HRESULT STDMETHODCALLTYPE Initialize() = 0;
  virtual HRESULT STDMETHODCALLTYPE Shutdown() = 0;
  virtual HRESULT STDMETHODCALLTYPE get_Addresses(VARIANT* pVariant) = 0;
  virtual HRESULT STDMETHODCALLTYPE EnumerateAddresses(IEnumAddress** ppEnumAddress) = 0;
  virtual HRESULT STDMETHODCALLTYPE RegisterCallNotifications(ITAddress* pAddress, VARIANT_BOOL fMonitor, VARIANT_BOOL fOwner, long lMediaTypes, long lCallbackInstance, long* plRegister) = 0;
  virtual HRESULT STDMETHODCALLTYPE UnregisterNotifications(long lRegister) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_CallHubs(VARIANT* pVariant) = 0;
  virtual HRESULT STDMETHODCALLTYPE EnumerateCallHubs(IEnumCallHub** ppEnumCallHub) = 0;
  virtual HRESULT STDMETHODCALLTYPE SetCallHubTracking(VARIANT pAddresses, VARIANT_BOOL bTracking) = 0;
  virtual HRESULT STDMETHODCALLTYPE EnumeratePrivateTAPIObjects(IEnumUnknown** ppEnumUnknown) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_PrivateTAPIObjects(VARIANT* pVariant) = 0;
  virtual HRESULT STDMETHODCALLTYPE RegisterRequestRecipient(long lRegistrationInstance, long lRequestMode, VARIANT_BOOL fEnable) = 0;
  virtual HRESULT STDMETHODCALLTYPE SetAssistedTelephonyPriority(BSTR pAppFilename, VARIANT_BOOL fPriority) = 0;
  virtual HRESULT STDMETHODCALLTYPE SetApplicationPriority(BSTR pAppFilename, long lMediaType, VARIANT_BOOL fPriority) = 0;
  virtual HRESULT STDMETHODCALLTYPE put_EventFilter(long lFilterMask) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_EventFilter(long* plFilterMask) = 0;
};
#else
#define SWITCHHOOK_ITTAPI_VTBL(I) \
  SWITCHHOOK_IDISPATCH_VTBL(I) \
  HRESULT (STDMETHODCALLTYPE *Initialize)(I* This); \
  HRESULT (STDMETHODCALLTYPE *Shutdown)(I* This); \
  HRESULT (STDMETHODCALLTYPE *get_Addresses)(I* This, VARIANT* pVariant); \
  HRESULT (STDMETHODCALLTYPE *EnumerateAddresses)(I* This, IEnumAddress** ppEnumAddress); \
  HRESULT (STDMETHODCALLTYPE *RegisterCallNotifications)(I* This, ITAddress* pAddress, VARIANT_BOOL fMonitor, VARIANT_BOOL fOwner, long lMediaTypes, long lCallbackInstance, long* plRegister); \
  HRESULT (STDMETHODCALLTYPE *UnregisterNotifications)(I* This, long lRegister); \
  HRESULT (STDMETHODCALLTYPE *get_CallHubs)(I* This, VARIANT* pVariant); \
  HRESULT (STDMETHODCALLTYPE *EnumerateCallHubs)(I* This, IEnumCallHub** ppEnumCallHub); \
  HRESULT (STDMETHODCALLTYPE *SetCallHubTracking)(I* This, VARIANT pAddresses, VARIANT_BOOL bTracking); \
  HRESULT (STDMETHODCALLTYPE *EnumeratePrivateTAPIObjects)(I* This, IEnumUnknown** ppEnumUnknown); \
  HRESULT (STDMETHODCALLTYPE *get_PrivateTAPIObjects)(I* This, VARIANT* pVariant); \
  HRESULT (STDMETHODCALLTYPE *RegisterRequestRecipient)(I* This, long lRegistrationInstance, long lRequestMode, VARIANT_BOOL fEnable); \
  HRESULT (STDMETHODCALLTYPE *SetAssistedTelephonyPriority)(I* This, BSTR pAppFilename, VARIANT_BOOL fPriority); \
  HRESULT (STDMETHODCALLTYPE *SetApplicationPriority)(I* This, BSTR pAppFilename, long lMediaType, VARIANT_BOOL fPriority); \
  HRESULT (STDMETHODCALLTYPE *put_EventFilter)(I* This, long lFilterMask); \
  HRESULT (STDMETHODCALLTYPE *get_EventFilter)(I* This, long* plFilterMask);
typedef struct ITTAPIVtbl {
  SWITCHHOOK_ITTAPI_VTBL(ITTAPI)
} ITTAPIVtbl;
struct ITTAPI {
  const ITTAPIVtbl* lpVtbl;
};
#endif

SWITCHHOOK_COM_IID(ITTAPI2, IID_ITTAPI2);
#if defined(__cplusplus) && !defined(CINTERFACE)
struct ITTAPI2 : public ITTAPI {
  virtual HRESULT STDMETHODCALLTYPE get_Phones(VARIANT* pPhones) = 0;
  virtual HRESULT STDMETHODCALLTYPE EnumeratePhones(IEnumPhone** ppEnumPhone) = 0;
  virtual HRESULT STDMETHODCALLTYPE CreateEmptyCollectionObject(ITCollection2** ppCollection) = 0;
};
#else
typedef struct ITTAPI2Vtbl {
  SWITCHHOOK_ITTAPI_VTBL(ITTAPI2)
  HRESULT (STDMETHODCALLTYPE *get_Phones)(ITTAPI2* This, VARIANT* pPhones);
  HRESULT (STDMETHODCALLTYPE *EnumeratePhones)(ITTAPI2* This, IEnumPhone** ppEnumPhone);
  HRESULT (STDMETHODCALLTYPE *CreateEmptyCollectionObject)(ITTAPI2* This, ITCollection2** ppCollection);
} ITTAPI2Vtbl;
struct ITTAPI2 {
  const ITTAPI2Vtbl* lpVtbl;
};
#endif

SWITCHHOOK_COM_IID(ITMediaSupport, IID_ITMediaSupport);
#if defined(__cplusplus) && !defined(CINTERFACE)
struct ITMediaSupport : public IDispatch {
  virtual HRESULT STDMETHODCALLTYPE get_MediaTypes(long* plMediaTypes) = 0;
  virtual HRESULT STDMETHODCALLTYPE QueryMediaType(long lMediaType, VARIANT_BOOL* pfSupport) = 0;
};
#else
typedef struct ITMediaSupportVtbl {
  SWITCHHOOK_IDISPATCH_VTBL(ITMediaSupport)
  HRESULT (STDMETHODCALLTYPE *get_MediaTypes)(ITMediaSupport* This, long* plMediaTypes);
  HRESULT (STDMETHODCALLTYPE *QueryMediaType)(ITMediaSupport* This, long lMediaType, VARIANT_BOOL* pfSupport);
} ITMediaSupportVtbl;
struct ITMediaSupport {
  const ITMediaSupportVtbl* lpVtbl;
};
#endif

SWITCHHOOK_COM_IID(ITTerminalSupport, IID_ITTerminalSupport);
#if defined(__cplusplus) && !defined(CINTERFACE)
struct ITTerminalSupport : public IDispatch {
  virtual HRESULT STDMETHODCALLTYPE get_StaticTerminals(VARIANT* pVariant) = 0;
  virtual HRESULT STDMETHODCALLTYPE EnumerateStaticTerminals(IEnumTerminal** ppTerminalEnumerator) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_DynamicTerminalClasses(VARIANT* pVariant) = 0;
  virtual HRESULT STDMETHODCALLTYPE EnumerateDynamicTerminalClasses(IEnumTerminalClass** ppTerminalClassEnumerator) = 0;
  virtual HRESULT STDMETHODCALLTYPE CreateTerminal(BSTR pTerminalClass, long lMediaType, TERMINAL_DIRECTION Direction, ITTerminal** ppTerminal) = 0;
  virtual HRESULT STDMETHODCALLTYPE GetDefaultStaticTerminal(long lMediaType, TERMINAL_DIRECTION Direction, ITTerminal** ppTerminal) = 0;
};
#else
typedef struct ITTerminalSupportVtbl {
  SWITCHHOOK_IDISPATCH_VTBL(ITTerminalSupport)
  HRESULT (STDMETHODCALLTYPE *get_StaticTerminals)(ITTerminalSupport* This, VARIANT* pVariant);
  HRESULT (STDMETHODCALLTYPE *EnumerateStaticTerminals)(ITTerminalSupport* This, IEnumTerminal** ppTerminalEnumerator);
  HRESULT (STDMETHODCALLTYPE *get_DynamicTerminalClasses)(ITTerminalSupport* This, VARIANT* pVariant);
  HRESULT (STDMETHODCALLTYPE *EnumerateDynamicTerminalClasses)(ITTerminalSupport* This, IEnumTerminalClass** ppTerminalClassEnumerator);
  HRESULT (STDMETHODCALLTYPE *CreateTerminal)(ITTerminalSupport* This, BSTR pTerminalClass, long lMediaType, TERMINAL_DIRECTION Direction, ITTerminal** ppTerminal);
  HRESULT (STDMETHODCALLTYPE *GetDefaultStaticTerminal)(ITTerminalSupport* This, long lMediaType, TERMINAL_DIRECTION Direction, ITTerminal** ppTerminal);
} ITTerminalSupportVtbl;
struct ITTerminalSupport {
  const ITTerminalSupportVtbl* lpVtbl;
};
#endif

SWITCHHOOK_COM_IID(ITAddress, IID_ITAddress);
#if defined(__cplusplus) && !defined(CINTERFACE)
struct ITAddress : public IDispatch {
  virtual HRESULT STDMETHODCALLTYPE get_State(ADDRESS_STATE* pAddressState) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_AddressName(BSTR* ppName) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_ServiceProviderName(BSTR* ppName) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_TAPIObject(ITTAPI** ppTapiObject) = 0;
  virtual HRESULT STDMETHODCALLTYPE CreateCall(BSTR pDestAddress, long lAddressType, long lMediaTypes, ITBasicCallControl** ppCall) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_Calls(VARIANT* pVariant) = 0;
  virtual HRESULT STDMETHODCALLTYPE EnumerateCalls(IEnumCall** ppCallEnum) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_DialableAddress(BSTR* pDialableAddress) = 0;
  virtual HRESULT STDMETHODCALLTYPE CreateForwardInfoObject(ITForwardInformation** ppForwardInfo) = 0;
  virtual HRESULT STDMETHODCALLTYPE Forward(ITForwardInformation* pForwardInfo, ITBasicCallControl* pCall) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_CurrentForwardInfo(ITForwardInformation** ppForwardInfo) = 0;
  virtual HRESULT STDMETHODCALLTYPE put_MessageWaiting(VARIANT_BOOL fMessageWaiting) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_MessageWaiting(VARIANT_BOOL* pfMessageWaiting) = 0;
  virtual HRESULT STDMETHODCALLTYPE put_DoNotDisturb(VARIANT_BOOL fDoNotDisturb) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_DoNotDisturb(VARIANT_BOOL* pfDoNotDisturb) = 0;
};
#else
#define SWITCHHOOK_ITADDRESS_VTBL(I) \
  SWITCHHOOK_IDISPATCH_VTBL(I) \
  HRESULT (STDMETHODCALLTYPE *get_State)(I* This, ADDRESS_STATE* pAddressState); \
  HRESULT (STDMETHODCALLTYPE *get_AddressName)(I* This, BSTR* ppName); \
  HRESULT (STDMETHODCALLTYPE *get_ServiceProviderName)(I* This, BSTR* ppName); \
  HRESULT (STDMETHODCALLTYPE *get_TAPIObject)(I* This, ITTAPI** ppTapiObject); \
  HRESULT (STDMETHODCALLTYPE *CreateCall)(I* This, BSTR pDestAddress, long lAddressType, long lMediaTypes, ITBasicCallControl** ppCall); \
  HRESULT (STDMETHODCALLTYPE *get_Calls)(I* This, VARIANT* pVariant); \
  HRESULT (STDMETHODCALLTYPE *EnumerateCalls)(I* This, IEnumCall** ppCallEnum); \
  HRESULT (STDMETHODCALLTYPE *get_DialableAddress)(I* This, BSTR* pDialableAddress); \
  HRESULT (STDMETHODCALLTYPE *CreateForwardInfoObject)(I* This, ITForwardInformation** ppForwardInfo); \
  HRESULT (STDMETHODCALLTYPE *Forward)(I* This, ITForwardInformation* pForwardInfo, ITBasicCallControl* pCall); \
  HRESULT (STDMETHODCALLTYPE *get_CurrentForwardInfo)(I* This, ITForwardInformation** ppForwardInfo); \
  HRESULT (STDMETHODCALLTYPE *put_MessageWaiting)(I* This, VARIANT_BOOL fMessageWaiting); \
  HRESULT (STDMETHODCALLTYPE *get_MessageWaiting)(I* This, VARIANT_BOOL* pfMessageWaiting); \
  HRESULT (STDMETHODCALLTYPE *put_DoNotDisturb)(I* This, VARIANT_BOOL fDoNotDisturb); \
  HRESULT (STDMETHODCALLTYPE *get_DoNotDisturb)(I* This, VARIANT_BOOL* pfDoNotDisturb);
typedef struct ITAddressVtbl {
  SWITCHHOOK_ITADDRESS_VTBL(ITAddress)
} ITAddressVtbl;
struct ITAddress {
  const ITAddressVtbl* lpVtbl;
};
#endif

SWITCHHOOK_COM_IID(ITAddress2, IID_ITAddress2);
#if defined(__cplusplus) && !defined(CINTERFACE)
struct ITAddress2 : public ITAddress {
  virtual HRESULT STDMETHODCALLTYPE get_Phones(VARIANT* pPhones) = 0;
  virtual HRESULT STDMETHODCALLTYPE EnumeratePhones(IEnumPhone** ppEnumPhone) = 0;
  virtual HRESULT STDMETHODCALLTYPE GetPhoneFromTerminal(ITTerminal* pTerminal, ITPhone** ppPhone) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_PreferredPhones(VARIANT* pPhones) = 0;
  virtual HRESULT STDMETHODCALLTYPE EnumeratePreferredPhones(IEnumPhone** ppEnumPhone) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_EventFilter(TAPI_EVENT TapiEvent, long lSubEvent, VARIANT_BOOL* pEnable) = 0;
  virtual HRESULT STDMETHODCALLTYPE put_EventFilter(TAPI_EVENT TapiEvent, long lSubEvent, VARIANT_BOOL bEnable) = 0;
  virtual HRESULT STDMETHODCALLTYPE DeviceSpecific(ITCallInfo* pCall, BYTE* pParams, DWORD dwSize) = 0;
  virtual HRESULT STDMETHODCALLTYPE DeviceSpecificVariant(ITCallInfo* pCall, VARIANT varDevSpecificByteArray) = 0;
  virtual HRESULT STDMETHODCALLTYPE NegotiateExtVersion(long lLowVersion, long lHighVersion, long* plExtVersion) = 0;
};
#else
typedef struct ITAddress2Vtbl {
  SWITCHHOOK_ITADDRESS_VTBL(ITAddress2)
  HRESULT (STDMETHODCALLTYPE *get_Phones)(ITAddress2* This, VARIANT* pPhones);
  HRESULT (STDMETHODCALLTYPE *EnumeratePhones)(ITAddress2* This, IEnumPhone** ppEnumPhone);
  HRESULT (STDMETHODCALLTYPE *GetPhoneFromTerminal)(ITAddress2* This, ITTerminal* pTerminal, ITPhone** ppPhone);
  HRESULT (STDMETHODCALLTYPE *get_PreferredPhones)(ITAddress2* This, VARIANT* pPhones);
  HRESULT (STDMETHODCALLTYPE *EnumeratePreferredPhones)(ITAddress2* This, IEnumPhone** ppEnumPhone);
  HRESULT (STDMETHODCALLTYPE *get_EventFilter)(ITAddress2* This, TAPI_EVENT TapiEvent, long lSubEvent, VARIANT_BOOL* pEnable);
  HRESULT (STDMETHODCALLTYPE *put_EventFilter)(ITAddress2* This, TAPI_EVENT TapiEvent, long lSubEvent, VARIANT_BOOL bEnable);
  HRESULT (STDMETHODCALLTYPE *DeviceSpecific)(ITAddress2* This, ITCallInfo* pCall, BYTE* pParams, DWORD dwSize);
  HRESULT (STDMETHODCALLTYPE *DeviceSpecificVariant)(ITAddress2* This, ITCallInfo* pCall, VARIANT varDevSpecificByteArray);
  HRESULT (STDMETHODCALLTYPE *NegotiateExtVersion)(ITAddress2* This, long lLowVersion, long lHighVersion, long* plExtVersion);
} ITAddress2Vtbl;
struct ITAddress2 {
  const ITAddress2Vtbl* lpVtbl;
};
#endif

SWITCHHOOK_COM_IID(ITAddressCapabilities, IID_ITAddressCapabilities);
#if defined(__cplusplus) && !defined(CINTERFACE)
struct ITAddressCapabilities : public IDispatch {
  virtual HRESULT STDMETHODCALLTYPE get_AddressCapability(ADDRESS_CAPABILITY AddressCap, long* plCapability) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_AddressCapabilityString(ADDRESS_CAPABILITY_STRING AddressCapString, BSTR* ppCapabilityString) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_CallTreatments(VARIANT* pVariant) = 0;
  virtual HRESULT STDMETHODCALLTYPE EnumerateCallTreatments(IEnumBstr** ppEnumCallTreatment) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_CompletionMessages(VARIANT* pVariant) = 0;
  virtual HRESULT STDMETHODCALLTYPE EnumerateCompletionMessages(IEnumBstr** ppEnumCompletionMessage) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_DeviceClasses(VARIANT* pVariant) = 0;
  virtual HRESULT STDMETHODCALLTYPE EnumerateDeviceClasses(IEnumBstr** ppEnumDeviceClass) = 0;
};
#else
typedef struct ITAddressCapabilitiesVtbl {
  SWITCHHOOK_IDISPATCH_VTBL(ITAddressCapabilities)
  HRESULT (STDMETHODCALLTYPE *get_AddressCapability)(ITAddressCapabilities* This, ADDRESS_CAPABILITY AddressCap, long* plCapability);
  HRESULT (STDMETHODCALLTYPE *get_AddressCapabilityString)(ITAddressCapabilities* This, ADDRESS_CAPABILITY_STRING AddressCapString, BSTR* ppCapabilityString);
  HRESULT (STDMETHODCALLTYPE *get_CallTreatments)(ITAddressCapabilities* This, VARIANT* pVariant);
  HRESULT (STDMETHODCALLTYPE *EnumerateCallTreatments)(ITAddressCapabilities* This, IEnumBstr** ppEnumCallTreatment);
  HRESULT (STDMETHODCALLTYPE *get_CompletionMessages)(ITAddressCapabilities* This, VARIANT* pVariant);
  HRESULT (STDMETHODCALLTYPE *EnumerateCompletionMessages)(ITAddressCapabilities* This, IEnumBstr** ppEnumCompletionMessage);
  HRESULT (STDMETHODCALLTYPE *get_DeviceClasses)(ITAddressCapabilities* This, VARIANT* pVariant);
  HRESULT (STDMETHODCALLTYPE *EnumerateDeviceClasses)(ITAddressCapabilities* This, IEnumBstr** ppEnumDeviceClass);
} ITAddressCapabilitiesVtbl;
struct ITAddressCapabilities {
  const ITAddressCapabilitiesVtbl* lpVtbl;
};
#endif

SWITCHHOOK_COM_IID(ITBasicCallControl, IID_ITBasicCallControl);
#if defined(__cplusplus) && !defined(CINTERFACE)
struct ITBasicCallControl : public IDispatch {
  virtual HRESULT STDMETHODCALLTYPE Connect(VARIANT_BOOL fSync) = 0;
  virtual HRESULT STDMETHODCALLTYPE Answer() = 0;
  virtual HRESULT STDMETHODCALLTYPE Disconnect(DISCONNECT_CODE code) = 0;
  virtual HRESULT STDMETHODCALLTYPE Hold(VARIANT_BOOL fHold) = 0;
  virtual HRESULT STDMETHODCALLTYPE HandoffDirect(BSTR pApplicationName) = 0;
  virtual HRESULT STDMETHODCALLTYPE HandoffIndirect(long lMediaType) = 0;
  virtual HRESULT STDMETHODCALLTYPE Conference(ITBasicCallControl* pCall, VARIANT_BOOL fSync) = 0;
  virtual HRESULT STDMETHODCALLTYPE Transfer(ITBasicCallControl* pCall, VARIANT_BOOL fSync) = 0;
  virtual HRESULT STDMETHODCALLTYPE BlindTransfer(BSTR pDestAddress) = 0;
  virtual HRESULT STDMETHODCALLTYPE SwapHold(ITBasicCallControl* pCall) = 0;
  virtual HRESULT STDMETHODCALLTYPE ParkDirect(BSTR pParkAddress) = 0;
  virtual HRESULT STDMETHODCALLTYPE ParkIndirect(BSTR* ppNonDirAddress) = 0;
  virtual HRESULT STDMETHODCALLTYPE Unpark() = 0;
  virtual HRESULT STDMETHODCALLTYPE SetQOS(long lMediaType, QOS_SERVICE_LEVEL ServiceLevel) = 0;
  virtual HRESULT STDMETHODCALLTYPE Pickup(BSTR pGroupID) = 0;
  virtual HRESULT STDMETHODCALLTYPE Dial(BSTR pDestAddress) = 0;
  virtual HRESULT STDMETHODCALLTYPE Finish(FINISH_MODE finishMode) = 0;
  virtual HRESULT STDMETHODCALLTYPE RemoveFromConference() = 0;
};
#else
#define SWITCHHOOK_ITBASICCALLCONTROL_VTBL(I) \
  SWITCHHOOK_IDISPATCH_VTBL(I) \
  HRESULT (STDMETHODCALLTYPE *Connect)(I* This, VARIANT_BOOL fSync); \
  HRESULT (STDMETHODCALLTYPE *Answer)(I* This); \
  HRESULT (STDMETHODCALLTYPE *Disconnect)(I* This, DISCONNECT_CODE code); \
  HRESULT (STDMETHODCALLTYPE *Hold)(I* This, VARIANT_BOOL fHold); \
  HRESULT (STDMETHODCALLTYPE *HandoffDirect)(I* This, BSTR pApplicationName); \
  HRESULT (STDMETHODCALLTYPE *HandoffIndirect)(I* This, long lMediaType); \
  HRESULT (STDMETHODCALLTYPE *Conference)(I* This, ITBasicCallControl* pCall, VARIANT_BOOL fSync); \
  HRESULT (STDMETHODCALLTYPE *Transfer)(I* This, ITBasicCallControl* pCall, VARIANT_BOOL fSync); \
  HRESULT (STDMETHODCALLTYPE *BlindTransfer)(I* This, BSTR pDestAddress); \
  HRESULT (STDMETHODCALLTYPE *SwapHold)(I* This, ITBasicCallControl* pCall); \
  HRESULT (STDMETHODCALLTYPE *ParkDirect)(I* This, BSTR pParkAddress); \
  HRESULT (STDMETHODCALLTYPE *ParkIndirect)(I* This, BSTR* ppNonDirAddress); \
  HRESULT (STDMETHODCALLTYPE *Unpark)(I* This); \
  HRESULT (STDMETHODCALLTYPE *SetQOS)(I* This, long lMediaType, QOS_SERVICE_LEVEL ServiceLevel); \
  HRESULT (STDMETHODCALLTYPE *Pickup)(I* This, BSTR pGroupID); \
  HRESULT (STDMETHODCALLTYPE *Dial)(I* This, BSTR pDestAddress); \
  HRESULT (STDMETHODCALLTYPE *Finish)(I* This, FINISH_MODE finishMode); \
  HRESULT (STDMETHODCALLTYPE *RemoveFromConference)(I* This);
typedef struct ITBasicCallControlVtbl {
  SWITCHHOOK_ITBASICCALLCONTROL_VTBL(ITBasicCallControl)
} ITBasicCallControlVtbl;
struct ITBasicCallControl {
  const ITBasicCallControlVtbl* lpVtbl;
};
#endif

SWITCHHOOK_COM_IID(ITBasicCallControl2, IID_ITBasicCallControl2);
#if defined(__cplusplus) && !defined(CINTERFACE)
struct ITBasicCallControl2 : public ITBasicCallControl {
  virtual HRESULT STDMETHODCALLTYPE RequestTerminal(BSTR bstrTerminalClassGUID, long lMediaType, TERMINAL_DIRECTION Direction, ITTerminal** ppTerminal) = 0;
  virtual HRESULT STDMETHODCALLTYPE SelectTerminalOnCall(ITTerminal* pTerminal) = 0;
  virtual HRESULT STDMETHODCALLTYPE UnselectTerminalOnCall(ITTerminal* pTerminal) = 0;
};
#else
typedef struct ITBasicCallControl2Vtbl {
  SWITCHHOOK_ITBASICCALLCONTROL_VTBL(ITBasicCallControl2)
  HRESULT (STDMETHODCALLTYPE *RequestTerminal)(ITBasicCallControl2* This, BSTR bstrTerminalClassGUID, long lMediaType, TERMINAL_DIRECTION Direction, ITTerminal** ppTerminal);
  HRESULT (STDMETHODCALLTYPE *SelectTerminalOnCall)(ITBasicCallControl2* This, ITTerminal* pTerminal);
  HRESULT (STDMETHODCALLTYPE *UnselectTerminalOnCall)(ITBasicCallControl2* This, ITTerminal* pTerminal);
} ITBasicCallControl2Vtbl;
struct ITBasicCallControl2 {
  const ITBasicCallControl2Vtbl* lpVtbl;
};
#endif

SWITCHHOOK_COM_IID(ITCallInfo, IID_ITCallInfo);
#if defined(__cplusplus) && !defined(CINTERFACE)
struct ITCallInfo : public IDispatch {
  virtual HRESULT STDMETHODCALLTYPE get_Address(ITAddress** ppAddress) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_CallState(CALL_STATE* pCallState) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_Privilege(CALL_PRIVILEGE* pPrivilege) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_CallHub(ITCallHub** ppCallHub) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_CallInfoLong(CALLINFO_LONG CallInfoLong, long* plCallInfoLongVal) = 0;
  virtual HRESULT STDMETHODCALLTYPE put_CallInfoLong(CALLINFO_LONG CallInfoLong, long lCallInfoLongVal) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_CallInfoString(CALLINFO_STRING CallInfoString, BSTR* ppCallInfoString) = 0;
  virtual HRESULT STDMETHODCALLTYPE put_CallInfoString(CALLINFO_STRING CallInfoString, BSTR pCallInfoString) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_CallInfoBuffer(CALLINFO_BUFFER CallInfoBuffer, VARIANT* ppCallInfoBuffer) = 0;
  virtual HRESULT STDMETHODCALLTYPE put_CallInfoBuffer(CALLINFO_BUFFER CallInfoBuffer, VARIANT pCallInfoBuffer) = 0;
  virtual HRESULT STDMETHODCALLTYPE GetCallInfoBuffer(CALLINFO_BUFFER CallInfoBuffer, DWORD* pdwSize, BYTE** ppCallInfoBuffer) = 0;
  virtual HRESULT STDMETHODCALLTYPE SetCallInfoBuffer(CALLINFO_BUFFER CallInfoBuffer, DWORD dwSize, BYTE* pCallInfoBuffer) = 0;
  virtual HRESULT STDMETHODCALLTYPE ReleaseUserUserInfo() = 0;
};
#else
#define SWITCHHOOK_ITCALLINFO_VTBL(I) \
  SWITCHHOOK_IDISPATCH_VTBL(I) \
  HRESULT (STDMETHODCALLTYPE *get_Address)(I* This, ITAddress** ppAddress); \
  HRESULT (STDMETHODCALLTYPE *get_CallState)(I* This, CALL_STATE* pCallState); \
  HRESULT (STDMETHODCALLTYPE *get_Privilege)(I* This, CALL_PRIVILEGE* pPrivilege); \
  HRESULT (STDMETHODCALLTYPE *get_CallHub)(I* This, ITCallHub** ppCallHub); \
  HRESULT (STDMETHODCALLTYPE *get_CallInfoLong)(I* This, CALLINFO_LONG CallInfoLong, long* plCallInfoLongVal); \
  HRESULT (STDMETHODCALLTYPE *put_CallInfoLong)(I* This, CALLINFO_LONG CallInfoLong, long lCallInfoLongVal); \
  HRESULT (STDMETHODCALLTYPE *get_CallInfoString)(I* This, CALLINFO_STRING CallInfoString, BSTR* ppCallInfoString); \
  HRESULT (STDMETHODCALLTYPE *put_CallInfoString)(I* This, CALLINFO_STRING CallInfoString, BSTR pCallInfoString); \
  HRESULT (STDMETHODCALLTYPE *get_CallInfoBuffer)(I* This, CALLINFO_BUFFER CallInfoBuffer, VARIANT* ppCallInfoBuffer); \
  HRESULT (STDMETHODCALLTYPE *put_CallInfoBuffer)(I* This, CALLINFO_BUFFER CallInfoBuffer, VARIANT pCallInfoBuffer); \
  HRESULT (STDMETHODCALLTYPE *GetCallInfoBuffer)(I* This, CALLINFO_BUFFER CallInfoBuffer, DWORD* pdwSize, BYTE** ppCallInfoBuffer); \
  HRESULT (STDMETHODCALLTYPE *SetCallInfoBuffer)(I* This, CALLINFO_BUFFER CallInfoBuffer, DWORD dwSize, BYTE* pCallInfoBuffer); \
  HRESULT (STDMETHODCALLTYPE *ReleaseUserUserInfo)(I* This);
typedef struct ITCallInfoVtbl {
  SWITCHHOOK_ITCALLINFO_VTBL(ITCallInfo)
} ITCallInfoVtbl;
struct ITCallInfo {
  const ITCallInfoVtbl* lpVtbl;
};
#endif

SWITCHHOOK_COM_IID(ITCallInfo2, IID_ITCallInfo2);
#if defined(__cplusplus) && !defined(CINTERFACE)
struct ITCallInfo2 : public ITCallInfo {
  virtual HRESULT STDMETHODCALLTYPE get_EventFilter(TAPI_EVENT TapiEvent, long lSubEvent, VARIANT_BOOL* pEnable) = 0;
  virtual HRESULT STDMETHODCALLTYPE put_EventFilter(TAPI_EVENT TapiEvent, long lSubEvent, VARIANT_BOOL bEnable) = 0;
};
#else
typedef struct ITCallInfo2Vtbl {
  SWITCHHOOK_ITCALLINFO_VTBL(ITCallInfo2)
  HRESULT (STDMETHODCALLTYPE *get_EventFilter)(ITCallInfo2* This, TAPI_EVENT TapiEvent, long lSubEvent, VARIANT_BOOL* pEnable);
  HRESULT (STDMETHODCALLTYPE *put_EventFilter)(ITCallInfo2* This, TAPI_EVENT TapiEvent, long lSubEvent, VARIANT_BOOL bEnable);
} ITCallInfo2Vtbl;
struct ITCallInfo2 {
  const ITCallInfo2Vtbl* lpVtbl;
};
#endif

SWITCHHOOK_COM_IID(ITTerminal, IID_ITTerminal);
#if defined(__cplusplus) && !defined(CINTERFACE)
struct ITTerminal : public IDispatch {
  virtual HRESULT STDMETHODCALLTYPE get_Name(BSTR* ppName) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_State(TERMINAL_STATE* pTerminalState) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_TerminalType(TERMINAL_TYPE* pType) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_TerminalClass(BSTR* ppTerminalClass) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_MediaType(long* plMediaType) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_Direction(TERMINAL_DIRECTION* pDirection) = 0;
};
#else
typedef struct ITTerminalVtbl {
  SWITCHHOOK_IDISPATCH_VTBL(ITTerminal)
  HRESULT (STDMETHODCALLTYPE *get_Name)(ITTerminal* This, BSTR* ppName);
  HRESULT (STDMETHODCALLTYPE *get_State)(ITTerminal* This, TERMINAL_STATE* pTerminalState);
  HRESULT (STDMETHODCALLTYPE *get_TerminalType)(ITTerminal* This, TERMINAL_TYPE* pType);
  HRESULT (STDMETHODCALLTYPE *get_TerminalClass)(ITTerminal* This, BSTR* ppTerminalClass);
  HRESULT (STDMETHODCALLTYPE *get_MediaType)(ITTerminal* This, long* plMediaType);
  HRESULT (STDMETHODCALLTYPE *get_Direction)(ITTerminal* This, TERMINAL_DIRECTION* pDirection);
} ITTerminalVtbl;
struct ITTerminal {
  const ITTerminalVtbl* lpVtbl;
};
#endif

SWITCHHOOK_COM_IID(ITBasicAudioTerminal, IID_ITBasicAudioTerminal);
#if defined(__cplusplus) && !defined(CINTERFACE)
struct ITBasicAudioTerminal : public IDispatch {
  virtual HRESULT STDMETHODCALLTYPE put_Volume(long lVolume) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_Volume(long* plVolume) = 0;
  virtual HRESULT STDMETHODCALLTYPE put_Balance(long lBalance) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_Balance(long* plBalance) = 0;
};
#else
typedef struct ITBasicAudioTerminalVtbl {
  SWITCHHOOK_IDISPATCH_VTBL(ITBasicAudioTerminal)
  HRESULT (STDMETHODCALLTYPE *put_Volume)(ITBasicAudioTerminal* This, long lVolume);
  HRESULT (STDMETHODCALLTYPE *get_Volume)(ITBasicAudioTerminal* This, long* plVolume);
  HRESULT (STDMETHODCALLTYPE *put_Balance)(ITBasicAudioTerminal* This, long lBalance);
  HRESULT (STDMETHODCALLTYPE *get_Balance)(ITBasicAudioTerminal* This, long* plBalance);
} ITBasicAudioTerminalVtbl;
struct ITBasicAudioTerminal {
  const ITBasicAudioTerminalVtbl* lpVtbl;
};
#endif

SWITCHHOOK_COM_IID(ITStaticAudioTerminal, IID_ITStaticAudioTerminal);
#if defined(__cplusplus) && !defined(CINTERFACE)
struct ITStaticAudioTerminal : public IDispatch {
  virtual HRESULT STDMETHODCALLTYPE get_WaveId(long* plWaveId) = 0;
};
#else
typedef struct ITStaticAudioTerminalVtbl {
  SWITCHHOOK_IDISPATCH_VTBL(ITStaticAudioTerminal)
  HRESULT (STDMETHODCALLTYPE *get_WaveId)(ITStaticAudioTerminal* This, long* plWaveId);
} ITStaticAudioTerminalVtbl;
struct ITStaticAudioTerminal {
  const ITStaticAudioTerminalVtbl* lpVtbl;
};
#endif

SWITCHHOOK_COM_IID(ITCallHub, IID_ITCallHub);
#if defined(__cplusplus) && !defined(CINTERFACE)
struct ITCallHub : public IDispatch {
  virtual HRESULT STDMETHODCALLTYPE Clear() = 0;
  virtual HRESULT STDMETHODCALLTYPE EnumerateCalls(IEnumCall** ppEnumCall) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_Calls(VARIANT* pCalls) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_NumCalls(long* plCalls) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_State(CALLHUB_STATE* pState) = 0;
};
#else
typedef struct ITCallHubVtbl {
  SWITCHHOOK_IDISPATCH_VTBL(ITCallHub)
  HRESULT (STDMETHODCALLTYPE *Clear)(ITCallHub* This);
  HRESULT (STDMETHODCALLTYPE *EnumerateCalls)(ITCallHub* This, IEnumCall** ppEnumCall);
  HRESULT (STDMETHODCALLTYPE *get_Calls)(ITCallHub* This, VARIANT* pCalls);
  HRESULT (STDMETHODCALLTYPE *get_NumCalls)(ITCallHub* This, long* plCalls);
  HRESULT (STDMETHODCALLTYPE *get_State)(ITCallHub* This, CALLHUB_STATE* pState);
} ITCallHubVtbl;
struct ITCallHub {
  const ITCallHubVtbl* lpVtbl;
};
#endif

SWITCHHOOK_COM_IID(ITStreamControl, IID_ITStreamControl);
#if defined(__cplusplus) && !defined(CINTERFACE)
struct ITStreamControl : public IDispatch {
  virtual HRESULT STDMETHODCALLTYPE CreateStream(long lMediaType, TERMINAL_DIRECTION td, ITStream** ppStream) = 0;
  virtual HRESULT STDMETHODCALLTYPE RemoveStream(ITStream* pStream) = 0;
  virtual HRESULT STDMETHODCALLTYPE EnumerateStreams(IEnumStream** ppEnumStream) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_Streams(VARIANT* pVariant) = 0;
};
#else
typedef struct ITStreamControlVtbl {
  SWITCHHOOK_IDISPATCH_VTBL(ITStreamControl)
  HRESULT (STDMETHODCALLTYPE *CreateStream)(ITStreamControl* This, long lMediaType, TERMINAL_DIRECTION td, ITStream** ppStream);
  HRESULT (STDMETHODCALLTYPE *RemoveStream)(ITStreamControl* This, ITStream* pStream);
  HRESULT (STDMETHODCALLTYPE *EnumerateStreams)(ITStreamControl* This, IEnumStream** ppEnumStream);
  HRESULT (STDMETHODCALLTYPE *get_Streams)(ITStreamControl* This, VARIANT* pVariant);
} ITStreamControlVtbl;
struct ITStreamControl {
  const ITStreamControlVtbl* lpVtbl;
};
#endif

SWITCHHOOK_COM_IID(ITStream, IID_ITStream);
#if defined(__cplusplus) && !defined(CINTERFACE)
struct ITStream : public IDispatch {
  virtual HRESULT STDMETHODCALLTYPE get_MediaType(long* plMediaType) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_Direction(TERMINAL_DIRECTION* pTD) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_Name(BSTR* ppName) = 0;
  virtual HRESULT STDMETHODCALLTYPE StartStream() = 0;
  virtual HRESULT STDMETHODCALLTYPE PauseStream() = 0;
  virtual HRESULT STDMETHODCALLTYPE StopStream() = 0;
  virtual HRESULT STDMETHODCALLTYPE SelectTerminal(ITTerminal* pTerminal) = 0;
  virtual HRESULT STDMETHODCALLTYPE UnselectTerminal(ITTerminal* pTerminal) = 0;
  virtual HRESULT STDMETHODCALLTYPE EnumerateTerminals(IEnumTerminal** ppEnumTerminal) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_Terminals(VARIANT* pTerminals) = 0;
};
#else
typedef struct ITStreamVtbl {
  SWITCHHOOK_IDISPATCH_VTBL(ITStream)
  HRESULT (STDMETHODCALLTYPE *get_MediaType)(ITStream* This, long* plMediaType);
  HRESULT (STDMETHODCALLTYPE *get_Direction)(ITStream* This, TERMINAL_DIRECTION* pTD);
  HRESULT (STDMETHODCALLTYPE *get_Name)(ITStream* This, BSTR* ppName);
  HRESULT (STDMETHODCALLTYPE *StartStream)(ITStream* This);
  HRESULT (STDMETHODCALLTYPE *PauseStream)(ITStream* This);
  HRESULT (STDMETHODCALLTYPE *StopStream)(ITStream* This);
  HRESULT (STDMETHODCALLTYPE *SelectTerminal)(ITStream* This, ITTerminal* pTerminal);
  HRESULT (STDMETHODCALLTYPE *UnselectTerminal)(ITStream* This, ITTerminal* pTerminal);
  HRESULT (STDMETHODCALLTYPE *EnumerateTerminals)(ITStream* This, IEnumTerminal** ppEnumTerminal);
  HRESULT (STDMETHODCALLTYPE *get_Terminals)(ITStream* This, VARIANT* pTerminals);
} ITStreamVtbl;
struct ITStream {
  const ITStreamVtbl* lpVtbl;
};
#endif

SWITCHHOOK_COM_IID(IEnumStream, IID_IEnumStream);
#if defined(__cplusplus) && !defined(CINTERFACE)
struct IEnumStream : public IUnknown {
  virtual HRESULT STDMETHODCALLTYPE Next(ULONG celt, ITStream** ppElements, ULONG* pceltFetched) = 0;
  virtual HRESULT STDMETHODCALLTYPE Reset() = 0;
  virtual HRESULT STDMETHODCALLTYPE Skip(ULONG celt) = 0;
  virtual HRESULT STDMETHODCALLTYPE Clone(IEnumStream** ppEnum) = 0;
};
#else
typedef struct IEnumStreamVtbl {
  SWITCHHOOK_IUNKNOWN_VTBL(IEnumStream)
  HRESULT (STDMETHODCALLTYPE *Next)(IEnumStream* This, ULONG celt, ITStream** ppElements, ULONG* pceltFetched);
  HRESULT (STDMETHODCALLTYPE *Reset)(IEnumStream* This);
  HRESULT (STDMETHODCALLTYPE *Skip)(IEnumStream* This, ULONG celt);
  HRESULT (STDMETHODCALLTYPE *Clone)(IEnumStream* This, IEnumStream** ppEnum);
} IEnumStreamVtbl;
struct IEnumStream {
  const IEnumStreamVtbl* lpVtbl;
};
#endif

SWITCHHOOK_COM_IID(IEnumTerminal, IID_IEnumTerminal);
#if defined(__cplusplus) && !defined(CINTERFACE)
struct IEnumTerminal : public IUnknown {
  virtual HRESULT STDMETHODCALLTYPE Next(ULONG celt, ITTerminal** ppElements, ULONG* pceltFetched) = 0;
  virtual HRESULT STDMETHODCALLTYPE Reset() = 0;
  virtual HRESULT STDMETHODCALLTYPE Skip(ULONG celt) = 0;
  virtual HRESULT STDMETHODCALLTYPE Clone(IEnumTerminal** ppEnum) = 0;
};
#else
typedef struct IEnumTerminalVtbl {
  SWITCHHOOK_IUNKNOWN_VTBL(IEnumTerminal)
  HRESULT (STDMETHODCALLTYPE *Next)(IEnumTerminal* This, ULONG celt, ITTerminal** ppElements, ULONG* pceltFetched);
  HRESULT (STDMETHODCALLTYPE *Reset)(IEnumTerminal* This);
  HRESULT (STDMETHODCALLTYPE *Skip)(IEnumTerminal* This, ULONG celt);
  HRESULT (STDMETHODCALLTYPE *Clone)(IEnumTerminal* This, IEnumTerminal** ppEnum);
} IEnumTerminalVtbl;
struct IEnumTerminal {
  const IEnumTerminalVtbl* lpVtbl;
};
#endif

SWITCHHOOK_COM_IID(IEnumTerminalClass, IID_IEnumTerminalClass);
#if defined(__cplusplus) && !defined(CINTERFACE)
struct IEnumTerminalClass : public IUnknown {
  virtual HRESULT STDMETHODCALLTYPE Next(ULONG celt, GUID* pElements, ULONG* pceltFetched) = 0;
  virtual HRESULT STDMETHODCALLTYPE Reset() = 0;
  virtual HRESULT STDMETHODCALLTYPE Skip(ULONG celt) = 0;
  virtual HRESULT STDMETHODCALLTYPE Clone(IEnumTerminalClass** ppEnum) = 0;
};
#else
typedef struct IEnumTerminalClassVtbl {
  SWITCHHOOK_IUNKNOWN_VTBL(IEnumTerminalClass)
  HRESULT (STDMETHODCALLTYPE *Next)(IEnumTerminalClass* This, ULONG celt, GUID* pElements, ULONG* pceltFetched);
  HRESULT (STDMETHODCALLTYPE *Reset)(IEnumTerminalClass* This);
  HRESULT (STDMETHODCALLTYPE *Skip)(IEnumTerminalClass* This, ULONG celt);
  HRESULT (STDMETHODCALLTYPE *Clone)(IEnumTerminalClass* This, IEnumTerminalClass** ppEnum);
} IEnumTerminalClassVtbl;
struct IEnumTerminalClass {
  const IEnumTerminalClassVtbl* lpVtbl;
};
#endif

SWITCHHOOK_COM_IID(IEnumCall, IID_IEnumCall);
#if defined(__cplusplus) && !defined(CINTERFACE)
struct IEnumCall : public IUnknown {
  virtual HRESULT STDMETHODCALLTYPE Next(ULONG celt, ITCallInfo** ppElements, ULONG* pceltFetched) = 0;
  virtual HRESULT STDMETHODCALLTYPE Reset() = 0;
  virtual HRESULT STDMETHODCALLTYPE Skip(ULONG celt) = 0;
  virtual HRESULT STDMETHODCALLTYPE Clone(IEnumCall** ppEnum) = 0;
};
#else
typedef struct IEnumCallVtbl {
  SWITCHHOOK_IUNKNOWN_VTBL(IEnumCall)
  HRESULT (STDMETHODCALLTYPE *Next)(IEnumCall* This, ULONG celt, ITCallInfo** ppElements, ULONG* pceltFetched);
  HRESULT (STDMETHODCALLTYPE *Reset)(IEnumCall* This);
  HRESULT (STDMETHODCALLTYPE *Skip)(IEnumCall* This, ULONG celt);
  HRESULT (STDMETHODCALLTYPE *Clone)(IEnumCall* This, IEnumCall** ppEnum);
} IEnumCallVtbl;
struct IEnumCall {
  const IEnumCallVtbl* lpVtbl;
};
#endif

SWITCHHOOK_COM_IID(IEnumAddress, IID_IEnumAddress);
#if defined(__cplusplus) && !defined(CINTERFACE)
struct IEnumAddress : public IUnknown {
  virtual HRESULT STDMETHODCALLTYPE Next(ULONG celt, ITAddress** ppElements, ULONG* pceltFetched) = 0;
  virtual HRESULT STDMETHODCALLTYPE Reset() = 0;
  virtual HRESULT STDMETHODCALLTYPE Skip(ULONG celt) = 0;
  virtual HRESULT STDMETHODCALLTYPE Clone(IEnumAddress** ppEnum) = 0;
};
#else
typedef struct IEnumAddressVtbl {
  SWITCHHOOK_IUNKNOWN_VTBL(IEnumAddress)
  HRESULT (STDMETHODCALLTYPE *Next)(IEnumAddress* This, ULONG celt, ITAddress** ppElements, ULONG* pceltFetched);
  HRESULT (STDMETHODCALLTYPE *Reset)(IEnumAddress* This);
  HRESULT (STDMETHODCALLTYPE *Skip)(IEnumAddress* This, ULONG celt);
  HRESULT (STDMETHODCALLTYPE *Clone)(IEnumAddress* This, IEnumAddress** ppEnum);
} IEnumAddressVtbl;
struct IEnumAddress {
  const IEnumAddressVtbl* lpVtbl;
};
#endif

SWITCHHOOK_COM_IID(IEnumCallHub, IID_IEnumCallHub);
#if defined(__cplusplus) && !defined(CINTERFACE)
struct IEnumCallHub : public IUnknown {
  virtual HRESULT STDMETHODCALLTYPE Next(ULONG celt, ITCallHub** ppElements, ULONG* pceltFetched) = 0;
  virtual HRESULT STDMETHODCALLTYPE Reset() = 0;
  virtual HRESULT STDMETHODCALLTYPE Skip(ULONG celt) = 0;
  virtual HRESULT STDMETHODCALLTYPE Clone(IEnumCallHub** ppEnum) = 0;
};
#else
typedef struct IEnumCallHubVtbl {
  SWITCHHOOK_IUNKNOWN_VTBL(IEnumCallHub)
  HRESULT (STDMETHODCALLTYPE *Next)(IEnumCallHub* This, ULONG celt, ITCallHub** ppElements, ULONG* pceltFetched);
  HRESULT (STDMETHODCALLTYPE *Reset)(IEnumCallHub* This);
  HRESULT (STDMETHODCALLTYPE *Skip)(IEnumCallHub* This, ULONG celt);
  HRESULT (STDMETHODCALLTYPE *Clone)(IEnumCallHub* This, IEnumCallHub** ppEnum);
} IEnumCallHubVtbl;
struct IEnumCallHub {
  const IEnumCallHubVtbl* lpVtbl;
};
#endif

SWITCHHOOK_COM_IID(IEnumBstr, IID_IEnumBstr);
#if defined(__cplusplus) && !defined(CINTERFACE)
struct IEnumBstr : public IUnknown {
  virtual HRESULT STDMETHODCALLTYPE Next(ULONG celt, BSTR* ppStrings, ULONG* pceltFetched) = 0;
  virtual HRESULT STDMETHODCALLTYPE Reset() = 0;
  virtual HRESULT STDMETHODCALLTYPE Skip(ULONG celt) = 0;
  virtual HRESULT STDMETHODCALLTYPE Clone(IEnumBstr** ppEnum) = 0;
};
#else
typedef struct IEnumBstrVtbl {
  SWITCHHOOK_IUNKNOWN_VTBL(IEnumBstr)
  HRESULT (STDMETHODCALLTYPE *Next)(IEnumBstr* This, ULONG celt, BSTR* ppStrings, ULONG* pceltFetched);
  HRESULT (STDMETHODCALLTYPE *Reset)(IEnumBstr* This);
  HRESULT (STDMETHODCALLTYPE *Skip)(IEnumBstr* This, ULONG celt);
  HRESULT (STDMETHODCALLTYPE *Clone)(IEnumBstr* This, IEnumBstr** ppEnum);
} IEnumBstrVtbl;
struct IEnumBstr {
  const IEnumBstrVtbl* lpVtbl;
};
#endif

SWITCHHOOK_COM_IID(ITCallStateEvent, IID_ITCallStateEvent);
#if defined(__cplusplus) && !defined(CINTERFACE)
struct ITCallStateEvent : public IDispatch {
  virtual HRESULT STDMETHODCALLTYPE get_Call(ITCallInfo** ppCallInfo) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_State(CALL_STATE* pCallState) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_Cause(CALL_STATE_EVENT_CAUSE* pCEC) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_CallbackInstance(long* plCallbackInstance) = 0;
};
#else
typedef struct ITCallStateEventVtbl {
  SWITCHHOOK_IDISPATCH_VTBL(ITCallStateEvent)
  HRESULT (STDMETHODCALLTYPE *get_Call)(ITCallStateEvent* This, ITCallInfo** ppCallInfo);
  HRESULT (STDMETHODCALLTYPE *get_State)(ITCallStateEvent* This, CALL_STATE* pCallState);
  HRESULT (STDMETHODCALLTYPE *get_Cause)(ITCallStateEvent* This, CALL_STATE_EVENT_CAUSE* pCEC);
  HRESULT (STDMETHODCALLTYPE *get_CallbackInstance)(ITCallStateEvent* This, long* plCallbackInstance);
} ITCallStateEventVtbl;
struct ITCallStateEvent {
  const ITCallStateEventVtbl* lpVtbl;
};
#endif

SWITCHHOOK_COM_IID(ITCallMediaEvent, IID_ITCallMediaEvent);
#if defined(__cplusplus) && !defined(CINTERFACE)
struct ITCallMediaEvent : public IDispatch {
  virtual HRESULT STDMETHODCALLTYPE get_Call(ITCallInfo** ppCallInfo) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_Event(CALL_MEDIA_EVENT* pCallMediaEvent) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_Error(HRESULT* phrError) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_Terminal(ITTerminal** ppTerminal) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_Stream(ITStream** ppStream) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_Cause(CALL_MEDIA_EVENT_CAUSE* pCause) = 0;
};
#else
typedef struct ITCallMediaEventVtbl {
  SWITCHHOOK_IDISPATCH_VTBL(ITCallMediaEvent)
  HRESULT (STDMETHODCALLTYPE *get_Call)(ITCallMediaEvent* This, ITCallInfo** ppCallInfo);
  HRESULT (STDMETHODCALLTYPE *get_Event)(ITCallMediaEvent* This, CALL_MEDIA_EVENT* pCallMediaEvent);
  HRESULT (STDMETHODCALLTYPE *get_Error)(ITCallMediaEvent* This, HRESULT* phrError);
  HRESULT (STDMETHODCALLTYPE *get_Terminal)(ITCallMediaEvent* This, ITTerminal** ppTerminal);
  HRESULT (STDMETHODCALLTYPE *get_Stream)(ITCallMediaEvent* This, ITStream** ppStream);
  HRESULT (STDMETHODCALLTYPE *get_Cause)(ITCallMediaEvent* This, CALL_MEDIA_EVENT_CAUSE* pCause);
} ITCallMediaEventVtbl;
struct ITCallMediaEvent {
  const ITCallMediaEventVtbl* lpVtbl;
};
#endif

SWITCHHOOK_COM_IID(ITCallNotificationEvent, IID_ITCallNotificationEvent);
#if defined(__cplusplus) && !defined(CINTERFACE)
struct ITCallNotificationEvent : public IDispatch {
  virtual HRESULT STDMETHODCALLTYPE get_Call(ITCallInfo** ppCall) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_Event(CALL_NOTIFICATION_EVENT* pCallNotificationEvent) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_CallbackInstance(long* plCallbackInstance) = 0;
};
#else
typedef struct ITCallNotificationEventVtbl {
  SWITCHHOOK_IDISPATCH_VTBL(ITCallNotificationEvent)
  HRESULT (STDMETHODCALLTYPE *get_Call)(ITCallNotificationEvent* This, ITCallInfo** ppCall);
  HRESULT (STDMETHODCALLTYPE *get_Event)(ITCallNotificationEvent* This, CALL_NOTIFICATION_EVENT* pCallNotificationEvent);
  HRESULT (STDMETHODCALLTYPE *get_CallbackInstance)(ITCallNotificationEvent* This, long* plCallbackInstance);
} ITCallNotificationEventVtbl;
struct ITCallNotificationEvent {
  const ITCallNotificationEventVtbl* lpVtbl;
};
#endif

SWITCHHOOK_COM_IID(ITCallHubEvent, IID_ITCallHubEvent);
#if defined(__cplusplus) && !defined(CINTERFACE)
struct ITCallHubEvent : public IDispatch {
  virtual HRESULT STDMETHODCALLTYPE get_Event(CALLHUB_EVENT* pEvent) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_CallHub(ITCallHub** ppCallHub) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_Call(ITCallInfo** ppCall) = 0;
};
#else
typedef struct ITCallHubEventVtbl {
  SWITCHHOOK_IDISPATCH_VTBL(ITCallHubEvent)
  HRESULT (STDMETHODCALLTYPE *get_Event)(ITCallHubEvent* This, CALLHUB_EVENT* pEvent);
  HRESULT (STDMETHODCALLTYPE *get_CallHub)(ITCallHubEvent* This, ITCallHub** ppCallHub);
  HRESULT (STDMETHODCALLTYPE *get_Call)(ITCallHubEvent* This, ITCallInfo** ppCall);
} ITCallHubEventVtbl;
struct ITCallHubEvent {
  const ITCallHubEventVtbl* lpVtbl;
};
#endif

SWITCHHOOK_COM_IID(ITCallInfoChangeEvent, IID_ITCallInfoChangeEvent);
#if defined(__cplusplus) && !defined(CINTERFACE)
struct ITCallInfoChangeEvent : public IDispatch {
  virtual HRESULT STDMETHODCALLTYPE get_Call(ITCallInfo** ppCall) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_Cause(CALLINFOCHANGE_CAUSE* pCIC) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_CallbackInstance(long* plCallbackInstance) = 0;
};
#else
typedef struct ITCallInfoChangeEventVtbl {
  SWITCHHOOK_IDISPATCH_VTBL(ITCallInfoChangeEvent)
  HRESULT (STDMETHODCALLTYPE *get_Call)(ITCallInfoChangeEvent* This, ITCallInfo** ppCall);
  HRESULT (STDMETHODCALLTYPE *get_Cause)(ITCallInfoChangeEvent* This, CALLINFOCHANGE_CAUSE* pCIC);
  HRESULT (STDMETHODCALLTYPE *get_CallbackInstance)(ITCallInfoChangeEvent* This, long* plCallbackInstance);
} ITCallInfoChangeEventVtbl;
struct ITCallInfoChangeEvent {
  const ITCallInfoChangeEventVtbl* lpVtbl;
};
#endif

SWITCHHOOK_COM_IID(ITAddressEvent, IID_ITAddressEvent);
#if defined(__cplusplus) && !defined(CINTERFACE)
struct ITAddressEvent : public IDispatch {
  virtual HRESULT STDMETHODCALLTYPE get_Address(ITAddress** ppAddress) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_Event(ADDRESS_EVENT* pEvent) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_Terminal(ITTerminal** ppTerminal) = 0;
};
#else
typedef struct ITAddressEventVtbl {
  SWITCHHOOK_IDISPATCH_VTBL(ITAddressEvent)
  HRESULT (STDMETHODCALLTYPE *get_Address)(ITAddressEvent* This, ITAddress** ppAddress);
  HRESULT (STDMETHODCALLTYPE *get_Event)(ITAddressEvent* This, ADDRESS_EVENT* pEvent);
  HRESULT (STDMETHODCALLTYPE *get_Terminal)(ITAddressEvent* This, ITTerminal** ppTerminal);
} ITAddressEventVtbl;
struct ITAddressEvent {
  const ITAddressEventVtbl* lpVtbl;
};
#endif

SWITCHHOOK_COM_IID(ITTAPIObjectEvent, IID_ITTAPIObjectEvent);
#if defined(__cplusplus) && !defined(CINTERFACE)
struct ITTAPIObjectEvent : public IDispatch {
  virtual HRESULT STDMETHODCALLTYPE get_TAPIObject(ITTAPI** ppTAPIObject) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_Event(TAPIOBJECT_EVENT* pEvent) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_Address(ITAddress** ppAddress) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_CallbackInstance(long* plCallbackInstance) = 0;
};
#else
#define SWITCHHOOK_ITTAPIOBJECTEVENT_VTBL(I) \
  SWITCHHOOK_IDISPATCH_VTBL(I) \
  HRESULT (STDMETHODCALLTYPE *get_TAPIObject)(I* This, ITTAPI** ppTAPIObject); \
  HRESULT (STDMETHODCALLTYPE *get_Event)(I* This, TAPIOBJECT_EVENT* pEvent); \
  HRESULT (STDMETHODCALLTYPE *get_Address)(I* This, ITAddress** ppAddress); \
  HRESULT (STDMETHODCALLTYPE *get_CallbackInstance)(I* This, long* plCallbackInstance);
typedef struct ITTAPIObjectEventVtbl {
  SWITCHHOOK_ITTAPIOBJECTEVENT_VTBL(ITTAPIObjectEvent)
} ITTAPIObjectEventVtbl;
struct ITTAPIObjectEvent {
  const ITTAPIObjectEventVtbl* lpVtbl;
};
#endif

SWITCHHOOK_COM_IID(ITTAPIObjectEvent2, IID_ITTAPIObjectEvent2);
#if defined(__cplusplus) && !defined(CINTERFACE)
struct ITTAPIObjectEvent2 : public ITTAPIObjectEvent {
  virtual HRESULT STDMETHODCALLTYPE get_Phone(ITPhone** ppPhone) = 0;
};
#else
typedef struct ITTAPIObjectEvent2Vtbl {
  SWITCHHOOK_ITTAPIOBJECTEVENT_VTBL(ITTAPIObjectEvent2)
  HRESULT (STDMETHODCALLTYPE *get_Phone)(ITTAPIObjectEvent2* This, ITPhone** ppPhone);
} ITTAPIObjectEvent2Vtbl;
struct ITTAPIObjectEvent2 {
  const ITTAPIObjectEvent2Vtbl* lpVtbl;
};
#endif

SWITCHHOOK_COM_IID(ITTAPIEventNotification, IID_ITTAPIEventNotification);
#if defined(__cplusplus) && !defined(CINTERFACE)
struct ITTAPIEventNotification : public IUnknown {
  virtual HRESULT STDMETHODCALLTYPE Event(TAPI_EVENT TapiEvent, IDispatch* pEvent) = 0;
};
#else
typedef struct ITTAPIEventNotificationVtbl {
  SWITCHHOOK_IUNKNOWN_VTBL(ITTAPIEventNotification)
  HRESULT (STDMETHODCALLTYPE *Event)(ITTAPIEventNotification* This, TAPI_EVENT TapiEvent, IDispatch* pEvent);
} ITTAPIEventNotificationVtbl;
struct ITTAPIEventNotification {
  const ITTAPIEventNotificationVtbl* lpVtbl;
};
#endif

SWITCHHOOK_COM_IID(ITCollection, IID_ITCollection);
#if defined(__cplusplus) && !defined(CINTERFACE)
struct ITCollection : public IDispatch {
  virtual HRESULT STDMETHODCALLTYPE get_Count(long* lCount) = 0;
  virtual HRESULT STDMETHODCALLTYPE get_Item(long Index, VARIANT* pVariant) = 0;
  virtual HRESULT STDMETHODCALLTYPE get__NewEnum(IUnknown** ppNewEnum) = 0;
};
#else
#define SWITCHHOOK_ITCOLLECTION_VTBL(I) \
  SWITCHHOOK_IDISPATCH_VTBL(I) \
  HRESULT (STDMETHODCALLTYPE *get_Count)(I* This, long* lCount); \
  HRESULT (STDMETHODCALLTYPE *get_Item)(I* This, long Index, VARIANT* pVariant); \
  HRESULT (STDMETHODCALLTYPE *get__NewEnum)(I* This, IUnknown** ppNewEnum);
typedef struct ITCollectionVtbl {
  SWITCHHOOK_ITCOLLECTION_VTBL(ITCollection)
} ITCollectionVtbl;
struct ITCollection {
  const ITCollectionVtbl* lpVtbl;
};
#endif

SWITCHHOOK_COM_IID(ITCollection2, IID_ITCollection2);
#if defined(__cplusplus) && !defined(CINTERFACE)
struct ITCollection2 : public ITCollection {
  virtual HRESULT STDMETHODCALLTYPE Add(long Index, VARIANT* pVariant) = 0;
  virtual HRESULT STDMETHODCALLTYPE Remove(long Index) = 0;
};
#else
typedef struct ITCollection2Vtbl {
  SWITCHHOOK_ITCOLLECTION_VTBL(ITCollection2)
  HRESULT (STDMETHODCALLTYPE *Add)(ITCollection2* This, long Index, VARIANT* pVariant);
  HRESULT (STDMETHODCALLTYPE *Remove)(ITCollection2* This, long Index);
} ITCollection2Vtbl;
struct ITCollection2 {
  const ITCollection2Vtbl* lpVtbl;
};
#endif

SWITCHHOOK_COM_IID(ITDispatchMapper, IID_ITDispatchMapper);
#if defined(__cplusplus) && !defined(CINTERFACE)
struct ITDispatchMapper : public IDispatch {
  virtual HRESULT STDMETHODCALLTYPE QueryDispatchInterface(BSTR pIID, IDispatch* pInterfaceToMap, IDispatch** ppReturnedInterface) = 0;
};
#else
typedef struct ITDispatchMapperVtbl {
  SWITCHHOOK_IDISPATCH_VTBL(ITDispatchMapper)
  HRESULT (STDMETHODCALLTYPE *QueryDispatchInterface)(ITDispatchMapper* This, BSTR pIID, IDispatch* pInterfaceToMap, IDispatch** ppReturnedInterface);
} ITDispatchMapperVtbl;
struct ITDispatchMapper {
  const ITDispatchMapperVtbl* lpVtbl;
};
#endif

// clang-format on

#endif  // __tapi3if_h__
