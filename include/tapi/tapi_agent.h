/* SPDX-License-Identifier: Apache-2.0 */
// The structures of tapi.h that speak of call-centre agents, queues, proxies and assisted
// telephony. The functions that take them are not offered. Included by tapi.h, at the binary
// interface of the original (packed to a byte, 32-bit handles). C11 and C++. Threads, ownership:
// types only.

#ifndef SWITCHHOOK_TAPI_TAPI_H
#include "tapi.h"  // which includes this
#elif !defined(SWITCHHOOK_TAPI_TAPI_AGENT_H)
#define SWITCHHOOK_TAPI_TAPI_AGENT_H

#ifdef __cplusplus
extern "C" {
#endif
#pragma pack(push, 1)

/* ---- agents, groups, queues
 * ----------------------------------------------------------------------- */

typedef struct lineagentactivityentry_tag {
  DWORD dwID;
  DWORD dwNameSize;
  DWORD dwNameOffset;
} LINEAGENTACTIVITYENTRY, *LPLINEAGENTACTIVITYENTRY;

typedef struct lineagentactivitylist_tag {
  DWORD dwTotalSize;
  DWORD dwNeededSize;
  DWORD dwUsedSize;
  DWORD dwNumEntries;
  DWORD dwListSize;
  DWORD dwListOffset;
} LINEAGENTACTIVITYLIST, *LPLINEAGENTACTIVITYLIST;

typedef struct lineagentcaps_tag {
  DWORD dwTotalSize;
  DWORD dwNeededSize;
  DWORD dwUsedSize;
  DWORD dwAgentHandlerInfoSize;
  DWORD dwAgentHandlerInfoOffset;
  DWORD dwCapsVersion;
  DWORD dwFeatures;
  DWORD dwStates;
  DWORD dwNextStates;
  DWORD dwMaxNumGroupEntries;
  DWORD dwAgentStatusMessages;
  DWORD dwNumAgentExtensionIDs;
  DWORD dwAgentExtensionIDListSize;
  DWORD dwAgentExtensionIDListOffset;
  GUID ProxyGUID;
} LINEAGENTCAPS, *LPLINEAGENTCAPS;

typedef struct lineagentgroupentry_tag {
  struct {
    DWORD dwGroupID1;
    DWORD dwGroupID2;
    DWORD dwGroupID3;
    DWORD dwGroupID4;
  } GroupID;
  DWORD dwNameSize;
  DWORD dwNameOffset;
} LINEAGENTGROUPENTRY, *LPLINEAGENTGROUPENTRY;

typedef struct lineagentgrouplist_tag {
  DWORD dwTotalSize;
  DWORD dwNeededSize;
  DWORD dwUsedSize;
  DWORD dwNumEntries;
  DWORD dwListSize;
  DWORD dwListOffset;
} LINEAGENTGROUPLIST, *LPLINEAGENTGROUPLIST;

typedef struct lineagentstatus_tag {
  DWORD dwTotalSize;
  DWORD dwNeededSize;
  DWORD dwUsedSize;
  DWORD dwNumEntries;
  DWORD dwGroupListSize;
  DWORD dwGroupListOffset;
  DWORD dwState;
  DWORD dwNextState;
  DWORD dwActivityID;
  DWORD dwActivitySize;
  DWORD dwActivityOffset;
  DWORD dwAgentFeatures;
  DWORD dwValidStates;
  DWORD dwValidNextStates;
} LINEAGENTSTATUS, *LPLINEAGENTSTATUS;

typedef struct lineagententry_tag {
  HAGENT hAgent;
  DWORD dwNameSize;
  DWORD dwNameOffset;
  DWORD dwIDSize;
  DWORD dwIDOffset;
  DWORD dwPINSize;
  DWORD dwPINOffset;
} LINEAGENTENTRY, *LPLINEAGENTENTRY;

typedef struct lineagentlist_tag {
  DWORD dwTotalSize;
  DWORD dwNeededSize;
  DWORD dwUsedSize;
  DWORD dwNumEntries;
  DWORD dwListSize;
  DWORD dwListOffset;
} LINEAGENTLIST, *LPLINEAGENTLIST;

typedef struct lineagentinfo_tag {
  DWORD dwTotalSize;
  DWORD dwNeededSize;
  DWORD dwUsedSize;
  DWORD dwAgentState;
  DWORD dwNextAgentState;
  DWORD dwMeasurementPeriod;
  CURRENCY cyOverallCallRate;
  DWORD dwNumberOfACDCalls;
  DWORD dwNumberOfIncomingCalls;
  DWORD dwNumberOfOutgoingCalls;
  DWORD dwTotalACDTalkTime;
  DWORD dwTotalACDCallTime;
  DWORD dwTotalACDWrapUpTime;
} LINEAGENTINFO, *LPLINEAGENTINFO;

typedef struct lineagentsessionentry_tag {
  HAGENTSESSION hAgentSession;
  HAGENT hAgent;
  GUID GroupID;
  DWORD dwWorkingAddressID;
} LINEAGENTSESSIONENTRY, *LPLINEAGENTSESSIONENTRY;

typedef struct lineagentsessionlist_tag {
  DWORD dwTotalSize;
  DWORD dwNeededSize;
  DWORD dwUsedSize;
  DWORD dwNumEntries;
  DWORD dwListSize;
  DWORD dwListOffset;
} LINEAGENTSESSIONLIST, *LPLINEAGENTSESSIONLIST;

typedef struct lineagentsessioninfo_tag {
  DWORD dwTotalSize;
  DWORD dwNeededSize;
  DWORD dwUsedSize;
  DWORD dwAgentSessionState;
  DWORD dwNextAgentSessionState;
  DATE dateSessionStartTime;
  DWORD dwSessionDuration;
  DWORD dwNumberOfCalls;
  DWORD dwTotalTalkTime;
  DWORD dwAverageTalkTime;
  DWORD dwTotalCallTime;
  DWORD dwAverageCallTime;
  DWORD dwTotalWrapUpTime;
  DWORD dwAverageWrapUpTime;
  CURRENCY cyACDCallRate;
  DWORD dwLongestTimeToAnswer;
  DWORD dwAverageTimeToAnswer;
} LINEAGENTSESSIONINFO, *LPLINEAGENTSESSIONINFO;

typedef struct linequeueentry_tag {
  DWORD dwQueueID;
  DWORD dwNameSize;
  DWORD dwNameOffset;
} LINEQUEUEENTRY, *LPLINEQUEUEENTRY;

typedef struct linequeuelist_tag {
  DWORD dwTotalSize;
  DWORD dwNeededSize;
  DWORD dwUsedSize;
  DWORD dwNumEntries;
  DWORD dwListSize;
  DWORD dwListOffset;
} LINEQUEUELIST, *LPLINEQUEUELIST;

typedef struct linequeueinfo_tag {
  DWORD dwTotalSize;
  DWORD dwNeededSize;
  DWORD dwUsedSize;
  DWORD dwMeasurementPeriod;
  DWORD dwTotalCallsQueued;
  DWORD dwCurrentCallsQueued;
  DWORD dwTotalCallsAbandoned;
  DWORD dwTotalCallsFlowedIn;
  DWORD dwTotalCallsFlowedOut;
  DWORD dwLongestEverWaitTime;
  DWORD dwCurrentLongestWaitTime;
  DWORD dwAverageWaitTime;
  DWORD dwFinalDisposition;
} LINEQUEUEINFO, *LPLINEQUEUEINFO;

typedef struct lineproxyrequestlist_tag {
  DWORD dwTotalSize;
  DWORD dwNeededSize;
  DWORD dwUsedSize;
  DWORD dwNumEntries;
  DWORD dwListSize;
  DWORD dwListOffset;
} LINEPROXYREQUESTLIST, *LPLINEPROXYREQUESTLIST;

/* ---- what a proxy is asked; dwRequestType says which member
 * --------------------------------------- */

struct switchhook_proxy_SetAgentGroup {
  DWORD dwAddressID;
  LINEAGENTGROUPLIST GroupList;
};
struct switchhook_proxy_SetAgentState {
  DWORD dwAddressID;
  DWORD dwAgentState;
  DWORD dwNextAgentState;
};
struct switchhook_proxy_SetAgentActivity {
  DWORD dwAddressID;
  DWORD dwActivityID;
};
struct switchhook_proxy_GetAgentCaps {
  DWORD dwAddressID;
  LINEAGENTCAPS AgentCaps;
};
struct switchhook_proxy_GetAgentStatus {
  DWORD dwAddressID;
  LINEAGENTSTATUS AgentStatus;
};
struct switchhook_proxy_AgentSpecific {
  DWORD dwAddressID;
  DWORD dwAgentExtensionIDIndex;
  DWORD dwSize;
  BYTE Params[1];
};
struct switchhook_proxy_GetAgentActivityList {
  DWORD dwAddressID;
  LINEAGENTACTIVITYLIST ActivityList;
};
struct switchhook_proxy_GetAgentGroupList {
  DWORD dwAddressID;
  LINEAGENTGROUPLIST GroupList;
};
struct switchhook_proxy_CreateAgent {
  HAGENT hAgent;
  DWORD dwAgentIDSize;
  DWORD dwAgentIDOffset;
  DWORD dwAgentPINSize;
  DWORD dwAgentPINOffset;
};
struct switchhook_proxy_SetAgentStateEx {
  HAGENT hAgent;
  DWORD dwAgentState;
  DWORD dwNextAgentState;
};
struct switchhook_proxy_SetAgentMeasurementPeriod {
  HAGENT hAgent;
  DWORD dwMeasurementPeriod;
};
struct switchhook_proxy_GetAgentInfo {
  HAGENT hAgent;
  LINEAGENTINFO AgentInfo;
};
struct switchhook_proxy_CreateAgentSession {
  HAGENTSESSION hAgentSession;
  DWORD dwAgentPINSize;
  DWORD dwAgentPINOffset;
  HAGENT hAgent;
  GUID GroupID;
  DWORD dwWorkingAddressID;
};
struct switchhook_proxy_GetAgentSessionList {
  HAGENT hAgent;
  LINEAGENTSESSIONLIST SessionList;
};
struct switchhook_proxy_GetAgentSessionInfo {
  HAGENTSESSION hAgentSession;
  LINEAGENTSESSIONINFO SessionInfo;
};
struct switchhook_proxy_SetAgentSessionState {
  HAGENTSESSION hAgentSession;
  DWORD dwAgentSessionState;
  DWORD dwNextAgentSessionState;
};
struct switchhook_proxy_GetQueueList {
  GUID GroupID;
  LINEQUEUELIST QueueList;
};
struct switchhook_proxy_SetQueueMeasurementPeriod {
  DWORD dwQueueID;
  DWORD dwMeasurementPeriod;
};
struct switchhook_proxy_GetQueueInfo {
  DWORD dwQueueID;
  LINEQUEUEINFO QueueInfo;
};
struct switchhook_proxy_GetGroupList {
  LINEAGENTGROUPLIST GroupList;
};

typedef struct lineproxyrequest_tag {
  DWORD dwSize;
  DWORD dwClientMachineNameSize;
  DWORD dwClientMachineNameOffset;
  DWORD dwClientUserNameSize;
  DWORD dwClientUserNameOffset;
  DWORD dwClientAppAPIVersion;
  DWORD dwRequestType;
  union {
    struct switchhook_proxy_SetAgentGroup SetAgentGroup;
    struct switchhook_proxy_SetAgentState SetAgentState;
    struct switchhook_proxy_SetAgentActivity SetAgentActivity;
    struct switchhook_proxy_GetAgentCaps GetAgentCaps;
    struct switchhook_proxy_GetAgentStatus GetAgentStatus;
    struct switchhook_proxy_AgentSpecific AgentSpecific;
    struct switchhook_proxy_GetAgentActivityList GetAgentActivityList;
    struct switchhook_proxy_GetAgentGroupList GetAgentGroupList;
    struct switchhook_proxy_CreateAgent CreateAgent;
    struct switchhook_proxy_SetAgentStateEx SetAgentStateEx;
    struct switchhook_proxy_SetAgentMeasurementPeriod SetAgentMeasurementPeriod;
    struct switchhook_proxy_GetAgentInfo GetAgentInfo;
    struct switchhook_proxy_CreateAgentSession CreateAgentSession;
    struct switchhook_proxy_GetAgentSessionList GetAgentSessionList;
    struct switchhook_proxy_GetAgentSessionInfo GetAgentSessionInfo;
    struct switchhook_proxy_SetAgentSessionState SetAgentSessionState;
    struct switchhook_proxy_GetQueueList GetQueueList;
    struct switchhook_proxy_SetQueueMeasurementPeriod SetQueueMeasurementPeriod;
    struct switchhook_proxy_GetQueueInfo GetQueueInfo;
    struct switchhook_proxy_GetGroupList GetGroupList;
  };
} LINEPROXYREQUEST, *LPLINEPROXYREQUEST;

/* ---- assisted telephony
 * ----------------------------------------------------------------------------- */

typedef struct linereqmakecall_tag {
  char szDestAddress[TAPIMAXDESTADDRESSSIZE];
  char szAppName[TAPIMAXAPPNAMESIZE];
  char szCalledParty[TAPIMAXCALLEDPARTYSIZE];
  char szComment[TAPIMAXCOMMENTSIZE];
} LINEREQMAKECALL, *LPLINEREQMAKECALL;

typedef struct linereqmakecallW_tag {
  WCHAR szDestAddress[TAPIMAXDESTADDRESSSIZE];
  WCHAR szAppName[TAPIMAXAPPNAMESIZE];
  WCHAR szCalledParty[TAPIMAXCALLEDPARTYSIZE];
  WCHAR szComment[TAPIMAXCOMMENTSIZE];
} LINEREQMAKECALLW, *LPLINEREQMAKECALLW;

typedef struct linereqmediacall_tag {
  HWND hWnd;
  WPARAM wRequestID;
  char szDeviceClass[TAPIMAXDEVICECLASSSIZE];
  unsigned char ucDeviceID[TAPIMAXDEVICEIDSIZE];
  DWORD dwSize;
  DWORD dwSecure;
  char szDestAddress[TAPIMAXDESTADDRESSSIZE];
  char szAppName[TAPIMAXAPPNAMESIZE];
  char szCalledParty[TAPIMAXCALLEDPARTYSIZE];
  char szComment[TAPIMAXCOMMENTSIZE];
} LINEREQMEDIACALL, *LPLINEREQMEDIACALL;

typedef struct linereqmediacallW_tag {
  HWND hWnd;
  WPARAM wRequestID;
  WCHAR szDeviceClass[TAPIMAXDEVICECLASSSIZE];
  unsigned char ucDeviceID[TAPIMAXDEVICEIDSIZE];
  DWORD dwSize;
  DWORD dwSecure;
  WCHAR szDestAddress[TAPIMAXDESTADDRESSSIZE];
  WCHAR szAppName[TAPIMAXAPPNAMESIZE];
  WCHAR szCalledParty[TAPIMAXCALLEDPARTYSIZE];
  WCHAR szComment[TAPIMAXCOMMENTSIZE];
} LINEREQMEDIACALLW, *LPLINEREQMEDIACALLW;

#ifdef UNICODE
#define LINEREQMAKECALL LINEREQMAKECALLW
#define LINEREQMEDIACALL LINEREQMEDIACALLW
#endif

#pragma pack(pop)
#ifdef __cplusplus
}
#endif
#endif /* SWITCHHOOK_TAPI_TAPI_AGENT_H */
