/* SPDX-License-Identifier: Apache-2.0 */
// The functions of tapi.h, which includes this. Made from src/tapi2/functions.txt by
// `src/tapi2/make_functions.py write`. Threads, ownership and the errors of all functions:
// tapi.h. C11 and C++.

#ifndef SWITCHHOOK_TAPI_TAPI_H
#include "tapi.h"  // which includes this
#elif !defined(SWITCHHOOK_TAPI_TAPI_FUNCTIONS_H)
#define SWITCHHOOK_TAPI_TAPI_FUNCTIONS_H

#include "tapi_agent.h"
#include "tapi_phone.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Applications */

/* Begins the use of lines. lpLineInitializeExParams->dwOptions says how messages come: a callback
   (LINEINITIALIZEEXOPTION_USEHIDDENWINDOW: on a thread of the library) or an event handle
   (LINEINITIALIZEEXOPTION_USEEVENT, then lineGetMessage). A completion port exists on Windows only
   and is LINEERR_INVALPARAM. *lpdwAPIVersion: in, the highest version the program knows; out, the
   highest that is offered. *lpdwNumDevs: number of lines. Starts the user's service when none runs.
   Errors: LINEERR_INVALPOINTER, _INVALPARAM, _INVALAPPNAME, _STRUCTURETOOSMALL,
   _INCOMPATIBLEAPIVERSION. Source: TAPI lineInitializeEx. */
LONG WINAPI lineInitializeExA(LPHLINEAPP lphLineApp, HINSTANCE hInstance, LINECALLBACK lpfnCallback,
                              LPCSTR lpszFriendlyAppName, LPDWORD lpdwNumDevs,
                              LPDWORD lpdwAPIVersion,
                              LPLINEINITIALIZEEXPARAMS lpLineInitializeExParams);
LONG WINAPI lineInitializeExW(LPHLINEAPP lphLineApp, HINSTANCE hInstance, LINECALLBACK lpfnCallback,
                              LPCWSTR lpszFriendlyAppName, LPDWORD lpdwNumDevs,
                              LPDWORD lpdwAPIVersion,
                              LPLINEINITIALIZEEXPARAMS lpLineInitializeExParams);

/* The same at version 1.4, with a callback. Errors: LINEERR_INVALPOINTER, _INVALAPPNAME. Source:
   TAPI lineInitialize. */
LONG WINAPI lineInitialize(LPHLINEAPP lphLineApp, HINSTANCE hInstance, LINECALLBACK lpfnCallback,
                           LPCSTR lpszAppName, LPDWORD lpdwNumDevs);

/* Ends the use of lines: closes all of them, as lineClose does, and cancels outstanding requests. A
   thread that waits in lineGetMessage returns LINEERR_INVALAPPHANDLE. When it returns, no callback
   runs or comes any more; called in a callback, that one is the last. The event handle is closed.
   Errors: LINEERR_INVALAPPHANDLE. Source: TAPI lineShutdown. */
LONG WINAPI lineShutdown(HLINEAPP hLineApp);

/* Takes the next message, waiting dwTimeout milliseconds at most (INFINITE: without limit).
   LINEERR_OPERATIONFAILED: none came in time. LINEERR_OPERATIONUNAVAIL: messages come by callback.
   LINEERR_INVALAPPHANDLE also when it was shut down meanwhile. Errors: LINEERR_INVALAPPHANDLE,
   _OPERATIONFAILED, _INVALPOINTER, _OPERATIONUNAVAIL. Source: TAPI lineGetMessage. */
LONG WINAPI lineGetMessage(HLINEAPP hLineApp, LPLINEMESSAGE lpMessage, DWORD dwTimeout);

/* Agrees on a version for a line, between dwAPILowVersion and dwAPIHighVersion. lpExtensionID is
   zeroed: there are no extensions. Errors: LINEERR_INVALAPPHANDLE, _INCOMPATIBLEAPIVERSION,
   _BADDEVICEID, _NODEVICE, _INVALPOINTER. Source: TAPI lineNegotiateAPIVersion. */
LONG WINAPI lineNegotiateAPIVersion(HLINEAPP hLineApp, DWORD dwDeviceID, DWORD dwAPILowVersion,
                                    DWORD dwAPIHighVersion, LPDWORD lpdwAPIVersion,
                                    LPLINEEXTENSIONID lpExtensionID);

/* Not offered: LINEERR_OPERATIONFAILED. */
LONG WINAPI lineGetAppPriority(LPCSTR lpszAppFilename, DWORD dwMediaMode,
                               LPLINEEXTENSIONID lpExtensionID, DWORD dwRequestMode,
                               LPVARSTRING lpExtensionName, LPDWORD lpdwPriority);
LONG WINAPI lineGetAppPriorityA(LPCSTR lpszAppFilename, DWORD dwMediaMode,
                                LPLINEEXTENSIONID lpExtensionID, DWORD dwRequestMode,
                                LPVARSTRING lpExtensionName, LPDWORD lpdwPriority);
LONG WINAPI lineGetAppPriorityW(LPCWSTR lpszAppFilename, DWORD dwMediaMode,
                                LPLINEEXTENSIONID lpExtensionID, DWORD dwRequestMode,
                                LPVARSTRING lpExtensionName, LPDWORD lpdwPriority);
LONG WINAPI lineSetAppPriority(LPCSTR lpszAppFilename, DWORD dwMediaMode,
                               LPLINEEXTENSIONID lpExtensionID, DWORD dwRequestMode,
                               LPCSTR lpszExtensionName, DWORD dwPriority);
LONG WINAPI lineSetAppPriorityA(LPCSTR lpszAppFilename, DWORD dwMediaMode,
                                LPLINEEXTENSIONID lpExtensionID, DWORD dwRequestMode,
                                LPCSTR lpszExtensionName, DWORD dwPriority);
LONG WINAPI lineSetAppPriorityW(LPCWSTR lpszAppFilename, DWORD dwMediaMode,
                                LPLINEEXTENSIONID lpExtensionID, DWORD dwRequestMode,
                                LPCWSTR lpszExtensionName, DWORD dwPriority);

/* ---- Lines */

/* What a line can do. Errors: LINEERR_INVALAPPHANDLE, _BADDEVICEID, _NODEVICE, _STRUCTURETOOSMALL,
   _INVALPOINTER, _INCOMPATIBLEAPIVERSION, _INCOMPATIBLEEXTVERSION. Source: TAPI lineGetDevCaps. */
LONG WINAPI lineGetDevCaps(HLINEAPP hLineApp, DWORD dwDeviceID, DWORD dwAPIVersion,
                           DWORD dwExtVersion, LPLINEDEVCAPS lpLineDevCaps);
LONG WINAPI lineGetDevCapsA(HLINEAPP hLineApp, DWORD dwDeviceID, DWORD dwAPIVersion,
                            DWORD dwExtVersion, LPLINEDEVCAPS lpLineDevCaps);
LONG WINAPI lineGetDevCapsW(HLINEAPP hLineApp, DWORD dwDeviceID, DWORD dwAPIVersion,
                            DWORD dwExtVersion, LPLINEDEVCAPS lpLineDevCaps);

/* What an address of a line can do; each line has one, number 0. Errors: LINEERR_INVALAPPHANDLE,
   _BADDEVICEID, _NODEVICE, _INVALADDRESSID, _STRUCTURETOOSMALL, _INVALPOINTER,
   _INCOMPATIBLEAPIVERSION, _INCOMPATIBLEEXTVERSION. Source: TAPI lineGetAddressCaps. */
LONG WINAPI lineGetAddressCaps(HLINEAPP hLineApp, DWORD dwDeviceID, DWORD dwAddressID,
                               DWORD dwAPIVersion, DWORD dwExtVersion,
                               LPLINEADDRESSCAPS lpAddressCaps);
LONG WINAPI lineGetAddressCapsA(HLINEAPP hLineApp, DWORD dwDeviceID, DWORD dwAddressID,
                                DWORD dwAPIVersion, DWORD dwExtVersion,
                                LPLINEADDRESSCAPS lpAddressCaps);
LONG WINAPI lineGetAddressCapsW(HLINEAPP hLineApp, DWORD dwDeviceID, DWORD dwAddressID,
                                DWORD dwAPIVersion, DWORD dwExtVersion,
                                LPLINEADDRESSCAPS lpAddressCaps);

/* Opens a line. dwDeviceID: a line, or LINEMAPPER for the first that suits: that carries the media
   modes and, where lpCallParams names one (LINEADDRESSMODE_DIALABLEADDR), has the originating
   address. dwPrivileges: bits of LINECALLPRIVILEGE_; with OWNER, dwMediaModes says for which
   incoming calls: calls of voice come to who opened for INTERACTIVEVOICE; UNKNOWN and
   AUTOMATEDVOICE are allowed too. dwCallbackInstance comes back with each message.
   LINEERR_INVALMEDIAMODE: the line does not carry one. LINEERR_OPERATIONUNAVAIL:
   LINEOPENOPTION_PROXY. Errors: LINEERR_INVALAPPHANDLE, _BADDEVICEID, _NODEVICE, _INVALPRIVSELECT,
   _INVALMEDIAMODE, _INCOMPATIBLEAPIVERSION, _INCOMPATIBLEEXTVERSION, _INVALADDRESSID,
   _INVALPOINTER, _STRUCTURETOOSMALL, _RESOURCEUNAVAIL, _LINEMAPPERFAILED, _OPERATIONUNAVAIL.
   Source: TAPI lineOpen. */
LONG WINAPI lineOpen(HLINEAPP hLineApp, DWORD dwDeviceID, LPHLINE lphLine, DWORD dwAPIVersion,
                     DWORD dwExtVersion, DWORD_PTR dwCallbackInstance, DWORD dwPrivileges,
                     DWORD dwMediaModes, LPLINECALLPARAMS const lpCallParams);
LONG WINAPI lineOpenA(HLINEAPP hLineApp, DWORD dwDeviceID, LPHLINE lphLine, DWORD dwAPIVersion,
                      DWORD dwExtVersion, DWORD_PTR dwCallbackInstance, DWORD dwPrivileges,
                      DWORD dwMediaModes, LPLINECALLPARAMS const lpCallParams);
LONG WINAPI lineOpenW(HLINEAPP hLineApp, DWORD dwDeviceID, LPHLINE lphLine, DWORD dwAPIVersion,
                      DWORD dwExtVersion, DWORD_PTR dwCallbackInstance, DWORD dwPrivileges,
                      DWORD dwMediaModes, LPLINECALLPARAMS const lpCallParams);

/* Closes a line: its call handles are void at once, calls that only this program owned are dropped,
   its outstanding replies do not come any more. After LINEDEVSTATE_REINIT it succeeds for every
   line that the program had open. Errors: LINEERR_INVALLINEHANDLE. Source: TAPI lineClose. */
LONG WINAPI lineClose(HLINE hLine);

/* Which LINE_LINEDEVSTATE and LINE_ADDRESSSTATE messages are wanted. Errors:
   LINEERR_INVALLINEHANDLE, _INVALLINESTATE, _INVALADDRESSSTATE. Source: TAPI lineSetStatusMessages.
   */
LONG WINAPI lineSetStatusMessages(HLINE hLine, DWORD dwLineStates, DWORD dwAddressStates);

/* How an address is used now, by all programs. Errors: LINEERR_INVALLINEHANDLE, _INVALADDRESSID,
   _STRUCTURETOOSMALL, _INVALPOINTER. Source: TAPI lineGetAddressStatus. */
LONG WINAPI lineGetAddressStatus(HLINE hLine, DWORD dwAddressID,
                                 LPLINEADDRESSSTATUS lpAddressStatus);
LONG WINAPI lineGetAddressStatusA(HLINE hLine, DWORD dwAddressID,
                                  LPLINEADDRESSSTATUS lpAddressStatus);
LONG WINAPI lineGetAddressStatusW(HLINE hLine, DWORD dwAddressID,
                                  LPLINEADDRESSSTATUS lpAddressStatus);

/* How a line is used now, by all programs. Errors: LINEERR_INVALLINEHANDLE, _STRUCTURETOOSMALL,
   _INVALPOINTER. Source: TAPI lineGetLineDevStatus. */
LONG WINAPI lineGetLineDevStatus(HLINE hLine, LPLINEDEVSTATUS lpLineDevStatus);
LONG WINAPI lineGetLineDevStatusA(HLINE hLine, LPLINEDEVSTATUS lpLineDevStatus);
LONG WINAPI lineGetLineDevStatusW(HLINE hLine, LPLINEDEVSTATUS lpLineDevStatus);

/* The device number of a class for a line, address or call. Class "tapi/line": the number of the
   line. LINEERR_NODEVICE: every other class. Errors: LINEERR_INVALLINEHANDLE, _NODEVICE,
   _INVALCALLSELECT, _INVALCALLHANDLE, _INVALADDRESSID, _STRUCTURETOOSMALL, _INVALPOINTER. Source:
   TAPI lineGetID. */
LONG WINAPI lineGetID(HLINE hLine, DWORD dwAddressID, HCALL hCall, DWORD dwSelect,
                      LPVARSTRING lpDeviceID, LPCSTR lpszDeviceClass);
LONG WINAPI lineGetIDA(HLINE hLine, DWORD dwAddressID, HCALL hCall, DWORD dwSelect,
                       LPVARSTRING lpDeviceID, LPCSTR lpszDeviceClass);
LONG WINAPI lineGetIDW(HLINE hLine, DWORD dwAddressID, HCALL hCall, DWORD dwSelect,
                       LPVARSTRING lpDeviceID, LPCWSTR lpszDeviceClass);

/* Not offered: LINEERR_OPERATIONUNAVAIL. */
LONG WINAPI lineGetAddressID(HLINE hLine, LPDWORD lpdwAddressID, DWORD dwAddressMode,
                             LPCSTR lpsAddress, DWORD dwSize);
LONG WINAPI lineGetAddressIDA(HLINE hLine, LPDWORD lpdwAddressID, DWORD dwAddressMode,
                              LPCSTR lpsAddress, DWORD dwSize);
LONG WINAPI lineGetAddressIDW(HLINE hLine, LPDWORD lpdwAddressID, DWORD dwAddressMode,
                              LPCWSTR lpsAddress, DWORD dwSize);
LONG WINAPI lineSetLineDevStatus(HLINE hLine, DWORD dwStatusToChange, DWORD fStatus);

/* Not offered: LINEERR_OPERATIONFAILED. */
LONG WINAPI lineGetIcon(DWORD dwDeviceID, LPCSTR lpszDeviceClass, LPHICON lphIcon);
LONG WINAPI lineGetIconA(DWORD dwDeviceID, LPCSTR lpszDeviceClass, LPHICON lphIcon);
LONG WINAPI lineGetIconW(DWORD dwDeviceID, LPCWSTR lpszDeviceClass, LPHICON lphIcon);
LONG WINAPI lineGetNumRings(HLINE hLine, DWORD dwAddressID, LPDWORD lpdwNumRings);
LONG WINAPI lineGetStatusMessages(HLINE hLine, LPDWORD lpdwLineStates, LPDWORD lpdwAddressStates);
LONG WINAPI lineSetNumRings(HLINE hLine, DWORD dwAddressID, DWORD dwNumRings);

/* ---- Calls */

/* Places a call. Asynchronous. *lphCall is written just before its LINE_REPLY with 0 is delivered,
   so it has to stay valid until then; after lineClose or lineShutdown it is not written any more.
   lpCallParams may be NULL: an ordinary voice call. dwNoAnswerTimeout (seconds) is obeyed. Errors:
   LINEERR_INVALLINEHANDLE, _INVALPOINTER, _INVALADDRESS, _STRUCTURETOOSMALL, _INVALMEDIAMODE,
   _INVALCALLPARAMS, _INVALADDRESSMODE, _INVALADDRESSID, _INVALADDRESSTYPE, _INVALRATE,
   _BEARERMODEUNAVAIL, _USERUSERINFOTOOBIG, _CALLUNAVAIL, _RESOURCEUNAVAIL, _INVALLINESTATE. Source:
   TAPI lineMakeCall. */
LONG WINAPI lineMakeCall(HLINE hLine, LPHCALL lphCall, LPCSTR lpszDestAddress, DWORD dwCountryCode,
                         LPLINECALLPARAMS const lpCallParams);
LONG WINAPI lineMakeCallA(HLINE hLine, LPHCALL lphCall, LPCSTR lpszDestAddress, DWORD dwCountryCode,
                          LPLINECALLPARAMS const lpCallParams);
LONG WINAPI lineMakeCallW(HLINE hLine, LPHCALL lphCall, LPCWSTR lpszDestAddress,
                          DWORD dwCountryCode, LPLINECALLPARAMS const lpCallParams);

/* Claims an offered call; the caller hears ringing. Asynchronous. State OFFERING, then ACCEPTED.
   Errors: LINEERR_INVALCALLHANDLE, _INVALCALLSTATE, _NOTOWNER, _USERUSERINFOTOOBIG. Source: TAPI
   lineAccept. */
LONG WINAPI lineAccept(HCALL hCall, LPCSTR lpsUserUserInfo, DWORD dwSize);

/* Answers an offered or accepted call. Asynchronous. Then CONNECTED. Errors:
   LINEERR_INVALCALLHANDLE, _INVALCALLSTATE, _NOTOWNER, _USERUSERINFOTOOBIG. Source: TAPI
   lineAnswer. */
LONG WINAPI lineAnswer(HCALL hCall, LPCSTR lpsUserUserInfo, DWORD dwSize);

/* Ends the communication: hangs up, abandons, rejects; clears a DISCONNECTED call. Asynchronous.
   Any state but IDLE, then IDLE. The handle stays valid until lineDeallocateCall. Errors:
   LINEERR_INVALCALLHANDLE, _INVALCALLSTATE, _NOTOWNER, _USERUSERINFOTOOBIG. Source: TAPI lineDrop.
   */
LONG WINAPI lineDrop(HCALL hCall, LPCSTR lpsUserUserInfo, DWORD dwSize);

/* Releases a call handle: it is void at once. The call itself is not touched, but a live one that
   nobody holds any more is ended. Outstanding replies still come. A sole owner of a call that is
   not IDLE is refused with LINEERR_INVALCALLSTATE when the line was opened below version 2.0.
   Errors: LINEERR_INVALCALLHANDLE, _INVALCALLSTATE. Source: TAPI lineDeallocateCall. */
LONG WINAPI lineDeallocateCall(HCALL hCall);

/* What is known of a call, in every state, until the handle is released. Errors:
   LINEERR_INVALCALLHANDLE, _STRUCTURETOOSMALL, _INVALPOINTER. Source: TAPI lineGetCallInfo. */
LONG WINAPI lineGetCallInfo(HCALL hCall, LPLINECALLINFO lpCallInfo);
LONG WINAPI lineGetCallInfoA(HCALL hCall, LPLINECALLINFO lpCallInfo);
LONG WINAPI lineGetCallInfoW(HCALL hCall, LPLINECALLINFO lpCallInfo);

/* The state of a call and what can be done with it. Errors: LINEERR_INVALCALLHANDLE,
   _STRUCTURETOOSMALL, _INVALPOINTER. Source: TAPI lineGetCallStatus. */
LONG WINAPI lineGetCallStatus(HCALL hCall, LPLINECALLSTATUS lpCallStatus);

/* Handles, with monitor privilege, for calls of the line that this program has none for. dwSelect:
   LINECALLSELECT_LINE or _ADDRESS. Errors: LINEERR_INVALLINEHANDLE, _INVALCALLSELECT,
   _INVALADDRESSID, _STRUCTURETOOSMALL, _INVALPOINTER. Source: TAPI lineGetNewCalls. */
LONG WINAPI lineGetNewCalls(HLINE hLine, DWORD dwAddressID, DWORD dwSelect,
                            LPLINECALLLIST lpCallList);

/* Becomes owner (LINECALLPRIVILEGE_OWNER) or monitor (_MONITOR). LINEERR_INVALCALLSTATE: sole owner
   of a call that is not IDLE. Errors: LINEERR_INVALCALLHANDLE, _INVALCALLPRIVILEGE,
   _INVALCALLSTATE. Source: TAPI lineSetCallPrivilege. */
LONG WINAPI lineSetCallPrivilege(HCALL hCall, DWORD dwCallPrivilege);

/* Makes another program an owner as well: by its friendly name, or with NULL by dwMediaMode.
   Errors: LINEERR_INVALCALLHANDLE, _NOTOWNER, _TARGETNOTFOUND, _TARGETSELF, _INVALMEDIAMODE.
   Source: TAPI lineHandoff. */
LONG WINAPI lineHandoff(HCALL hCall, LPCSTR lpszFileName, DWORD dwMediaMode);
LONG WINAPI lineHandoffA(HCALL hCall, LPCSTR lpszFileName, DWORD dwMediaMode);
LONG WINAPI lineHandoffW(HCALL hCall, LPCWSTR lpszFileName, DWORD dwMediaMode);

/* Sets dwAppSpecific of the call for all to see. Errors: LINEERR_INVALCALLHANDLE, _NOTOWNER.
   Source: TAPI lineSetAppSpecific. */
LONG WINAPI lineSetAppSpecific(HCALL hCall, DWORD dwAppSpecific);

/* Holds a call. Asynchronous. CONNECTED, then ONHOLD. Errors: LINEERR_INVALCALLHANDLE,
   _INVALCALLSTATE, _NOTOWNER, _OPERATIONUNAVAIL. Source: TAPI lineHold. */
LONG WINAPI lineHold(HCALL hCall);

/* Takes a held call back. Asynchronous. ONHOLD, then CONNECTED. Errors: LINEERR_INVALCALLHANDLE,
   _INVALCALLSTATE, _NOTOWNER, _OPERATIONUNAVAIL. Source: TAPI lineUnhold. */
LONG WINAPI lineUnhold(HCALL hCall);

/* Lets go of the user-user information that LINECALLINFO shows, so that what came after it can be
   shown: LINE_CALLINFO with USERUSERINFO then. Asynchronous. Succeeds also when there is none.
   Errors: LINEERR_INVALCALLHANDLE, _NOTOWNER. Source: TAPI lineReleaseUserUserInfo. */
LONG WINAPI lineReleaseUserUserInfo(HCALL hCall);

/* Holds the active call and takes the held one of the same line back: both, or neither.
   Asynchronous. LINE_REPLY, then LINE_CALLSTATE of both. LINEERR_INVALCALLHANDLE also for the same
   call twice, and for two calls of different lines. Errors: LINEERR_INVALCALLHANDLE,
   _INVALCALLSTATE, _NOTOWNER, _OPERATIONUNAVAIL, _OPERATIONFAILED. Source: TAPI lineSwapHold. */
LONG WINAPI lineSwapHold(HCALL hActiveCall, HCALL hHeldCall);

/* Not offered: LINEERR_OPERATIONUNAVAIL. */
LONG WINAPI lineCompleteCall(HCALL hCall, LPDWORD lpdwCompletionID, DWORD dwCompletionMode,
                             DWORD dwMessageID);
LONG WINAPI lineDial(HCALL hCall, LPCSTR lpszDestAddress, DWORD dwCountryCode);
LONG WINAPI lineDialA(HCALL hCall, LPCSTR lpszDestAddress, DWORD dwCountryCode);
LONG WINAPI lineDialW(HCALL hCall, LPCWSTR lpszDestAddress, DWORD dwCountryCode);
LONG WINAPI lineRedirect(HCALL hCall, LPCSTR lpszDestAddress, DWORD dwCountryCode);
LONG WINAPI lineRedirectA(HCALL hCall, LPCSTR lpszDestAddress, DWORD dwCountryCode);
LONG WINAPI lineRedirectW(HCALL hCall, LPCWSTR lpszDestAddress, DWORD dwCountryCode);
LONG WINAPI lineSecureCall(HCALL hCall);
LONG WINAPI lineSendUserUserInfo(HCALL hCall, LPCSTR lpsUserUserInfo, DWORD dwSize);
LONG WINAPI lineSetCallData(HCALL hCall, LPVOID lpCallData, DWORD dwSize);
LONG WINAPI lineSetCallParams(HCALL hCall, DWORD dwBearerMode, DWORD dwMinRate, DWORD dwMaxRate,
                              LPLINEDIALPARAMS const lpDialParams);
LONG WINAPI lineSetCallQualityOfService(HCALL hCall, LPVOID lpSendingFlowspec,
                                        DWORD dwSendingFlowspecSize, LPVOID lpReceivingFlowspec,
                                        DWORD dwReceivingFlowspecSize);
LONG WINAPI lineSetCallTreatment(HCALL hCall, DWORD dwTreatment);
LONG WINAPI lineUncompleteCall(HLINE hLine, DWORD dwCompletionID);

/* ---- Transfers */

/* Has the far end call lpszDestAddress in place of this call. Asynchronous. LINE_REPLY says what
   came of it, then the call is IDLE; after an error it goes on. dwCountryCode is not used. Errors:
   LINEERR_INVALCALLHANDLE, _INVALCALLSTATE, _NOTOWNER, _INVALADDRESS, _INVALPOINTER,
   _OPERATIONUNAVAIL, _OPERATIONFAILED. Source: TAPI lineBlindTransfer. */
LONG WINAPI lineBlindTransfer(HCALL hCall, LPCSTR lpszDestAddress, DWORD dwCountryCode);
LONG WINAPI lineBlindTransferA(HCALL hCall, LPCSTR lpszDestAddress, DWORD dwCountryCode);
LONG WINAPI lineBlindTransferW(HCALL hCall, LPCWSTR lpszDestAddress, DWORD dwCountryCode);

/* Joins the far ends of two calls of this program, each CONNECTED or ONHOLD and placed or answered
   as any other (LINEADDRCAPFLAGS_TRANSFERMAKE). Asynchronous. LINE_REPLY, then both are IDLE; after
   an error both go on. dwTransferMode is LINETRANSFERMODE_TRANSFER; lphConfCall is not used.
   Errors: LINEERR_INVALCALLHANDLE, _INVALCONSULTCALLHANDLE, _INVALCALLSTATE, _NOTOWNER,
   _INVALTRANSFERMODE, _OPERATIONUNAVAIL, _OPERATIONFAILED. Source: TAPI lineCompleteTransfer. */
LONG WINAPI lineCompleteTransfer(HCALL hCall, HCALL hConsultCall, LPHCALL lphConfCall,
                                 DWORD dwTransferMode);

/* Not offered: LINEERR_OPERATIONUNAVAIL. */
LONG WINAPI lineSetupTransfer(HCALL hCall, LPHCALL lphConsultCall,
                              LPLINECALLPARAMS const lpCallParams);
LONG WINAPI lineSetupTransferA(HCALL hCall, LPHCALL lphConsultCall,
                               LPLINECALLPARAMS const lpCallParams);
LONG WINAPI lineSetupTransferW(HCALL hCall, LPHCALL lphConsultCall,
                               LPLINECALLPARAMS const lpCallParams);

/* ---- Digits and tones */

/* Reports the other side's digits as LINE_MONITORDIGITS; dwDigitModes: bits of LINEDIGITMODE_, 0 =
   stop. LINEERR_INVALDIGITMODE: not among dwMonitorDigitModes. LINEERR_OPERATIONUNAVAIL: the line
   hears no digits. Errors: LINEERR_INVALCALLHANDLE, _INVALDIGITMODE, _INVALCALLSTATE,
   _OPERATIONUNAVAIL. Source: TAPI lineMonitorDigits. */
LONG WINAPI lineMonitorDigits(HCALL hCall, DWORD dwDigitModes);

/* Sends digits; LINE_GENERATE tells the end. NULL or an empty text only cancels. Valid are 0-9,
   also A-D * # as DTMF, the pause ',' and the hook flash '!'; other characters are ignored.
   dwDuration: of each, in milliseconds, 0 = default; the nearest that LINEDEVCAPS offers.
   LINEERR_INVALDIGITMODE: not among dwGenerateDigitModes. LINEERR_OPERATIONUNAVAIL: the line sends
   no digits. Errors: LINEERR_INVALCALLHANDLE, _NOTOWNER, _INVALCALLSTATE, _INVALDIGITMODE,
   _RESOURCEUNAVAIL, _OPERATIONUNAVAIL. Source: TAPI lineGenerateDigits. */
LONG WINAPI lineGenerateDigits(HCALL hCall, DWORD dwDigitMode, LPCSTR lpszDigits, DWORD dwDuration);
LONG WINAPI lineGenerateDigitsA(HCALL hCall, DWORD dwDigitMode, LPCSTR lpszDigits,
                                DWORD dwDuration);
LONG WINAPI lineGenerateDigitsW(HCALL hCall, DWORD dwDigitMode, LPCWSTR lpszDigits,
                                DWORD dwDuration);

/* Not offered: LINEERR_OPERATIONUNAVAIL. */
LONG WINAPI lineGatherDigits(HCALL hCall, DWORD dwDigitModes, LPSTR lpsDigits, DWORD dwNumDigits,
                             LPCSTR lpszTerminationDigits, DWORD dwFirstDigitTimeout,
                             DWORD dwInterDigitTimeout);
LONG WINAPI lineGatherDigitsA(HCALL hCall, DWORD dwDigitModes, LPSTR lpsDigits, DWORD dwNumDigits,
                              LPCSTR lpszTerminationDigits, DWORD dwFirstDigitTimeout,
                              DWORD dwInterDigitTimeout);
LONG WINAPI lineGatherDigitsW(HCALL hCall, DWORD dwDigitModes, LPWSTR lpsDigits, DWORD dwNumDigits,
                              LPCWSTR lpszTerminationDigits, DWORD dwFirstDigitTimeout,
                              DWORD dwInterDigitTimeout);
LONG WINAPI lineGenerateTone(HCALL hCall, DWORD dwToneMode, DWORD dwDuration, DWORD dwNumTones,
                             LPLINEGENERATETONE const lpTones);
LONG WINAPI lineMonitorTones(HCALL hCall, LPLINEMONITORTONE const lpToneList, DWORD dwNumEntries);

/* ---- Conferences */

/* Not offered: LINEERR_OPERATIONUNAVAIL. */
LONG WINAPI lineAddToConference(HCALL hConfCall, HCALL hConsultCall);
LONG WINAPI linePrepareAddToConference(HCALL hConfCall, LPHCALL lphConsultCall,
                                       LPLINECALLPARAMS const lpCallParams);
LONG WINAPI linePrepareAddToConferenceA(HCALL hConfCall, LPHCALL lphConsultCall,
                                        LPLINECALLPARAMS const lpCallParams);
LONG WINAPI linePrepareAddToConferenceW(HCALL hConfCall, LPHCALL lphConsultCall,
                                        LPLINECALLPARAMS const lpCallParams);
LONG WINAPI lineRemoveFromConference(HCALL hCall);
LONG WINAPI lineSetupConference(HCALL hCall, HLINE hLine, LPHCALL lphConfCall,
                                LPHCALL lphConsultCall, DWORD dwNumParties,
                                LPLINECALLPARAMS const lpCallParams);
LONG WINAPI lineSetupConferenceA(HCALL hCall, HLINE hLine, LPHCALL lphConfCall,
                                 LPHCALL lphConsultCall, DWORD dwNumParties,
                                 LPLINECALLPARAMS const lpCallParams);
LONG WINAPI lineSetupConferenceW(HCALL hCall, HLINE hLine, LPHCALL lphConfCall,
                                 LPHCALL lphConsultCall, DWORD dwNumParties,
                                 LPLINECALLPARAMS const lpCallParams);

/* Not offered: LINEERR_NOCONFERENCE. */
LONG WINAPI lineGetConfRelatedCalls(HCALL hCall, LPLINECALLLIST lpCallList);

/* ---- Parking, pickup and forwarding */

/* Not offered: LINEERR_OPERATIONUNAVAIL. */
LONG WINAPI lineForward(HLINE hLine, DWORD bAllAddresses, DWORD dwAddressID,
                        LPLINEFORWARDLIST const lpForwardList, DWORD dwNumRingsNoAnswer,
                        LPHCALL lphConsultCall, LPLINECALLPARAMS const lpCallParams);
LONG WINAPI lineForwardA(HLINE hLine, DWORD bAllAddresses, DWORD dwAddressID,
                         LPLINEFORWARDLIST const lpForwardList, DWORD dwNumRingsNoAnswer,
                         LPHCALL lphConsultCall, LPLINECALLPARAMS const lpCallParams);
LONG WINAPI lineForwardW(HLINE hLine, DWORD bAllAddresses, DWORD dwAddressID,
                         LPLINEFORWARDLIST const lpForwardList, DWORD dwNumRingsNoAnswer,
                         LPHCALL lphConsultCall, LPLINECALLPARAMS const lpCallParams);
LONG WINAPI linePark(HCALL hCall, DWORD dwParkMode, LPCSTR lpszDirAddress,
                     LPVARSTRING lpNonDirAddress);
LONG WINAPI lineParkA(HCALL hCall, DWORD dwParkMode, LPCSTR lpszDirAddress,
                      LPVARSTRING lpNonDirAddress);
LONG WINAPI lineParkW(HCALL hCall, DWORD dwParkMode, LPCWSTR lpszDirAddress,
                      LPVARSTRING lpNonDirAddress);
LONG WINAPI linePickup(HLINE hLine, DWORD dwAddressID, LPHCALL lphCall, LPCSTR lpszDestAddress,
                       LPCSTR lpszGroupID);
LONG WINAPI linePickupA(HLINE hLine, DWORD dwAddressID, LPHCALL lphCall, LPCSTR lpszDestAddress,
                        LPCSTR lpszGroupID);
LONG WINAPI linePickupW(HLINE hLine, DWORD dwAddressID, LPHCALL lphCall, LPCWSTR lpszDestAddress,
                        LPCWSTR lpszGroupID);
LONG WINAPI lineUnpark(HLINE hLine, DWORD dwAddressID, LPHCALL lphCall, LPCSTR lpszDestAddress);
LONG WINAPI lineUnparkA(HLINE hLine, DWORD dwAddressID, LPHCALL lphCall, LPCSTR lpszDestAddress);
LONG WINAPI lineUnparkW(HLINE hLine, DWORD dwAddressID, LPHCALL lphCall, LPCWSTR lpszDestAddress);

/* ---- Media and terminals */

/* Not offered: LINEERR_OPERATIONUNAVAIL. */
LONG WINAPI lineGetDevConfig(DWORD dwDeviceID, LPVARSTRING lpDeviceConfig, LPCSTR lpszDeviceClass);
LONG WINAPI lineGetDevConfigA(DWORD dwDeviceID, LPVARSTRING lpDeviceConfig, LPCSTR lpszDeviceClass);
LONG WINAPI lineGetDevConfigW(DWORD dwDeviceID, LPVARSTRING lpDeviceConfig,
                              LPCWSTR lpszDeviceClass);
LONG WINAPI lineMonitorMedia(HCALL hCall, DWORD dwMediaModes);
LONG WINAPI lineSetDevConfig(DWORD dwDeviceID, LPVOID const lpDeviceConfig, DWORD dwSize,
                             LPCSTR lpszDeviceClass);
LONG WINAPI lineSetDevConfigA(DWORD dwDeviceID, LPVOID const lpDeviceConfig, DWORD dwSize,
                              LPCSTR lpszDeviceClass);
LONG WINAPI lineSetDevConfigW(DWORD dwDeviceID, LPVOID const lpDeviceConfig, DWORD dwSize,
                              LPCWSTR lpszDeviceClass);
LONG WINAPI lineSetMediaControl(HLINE hLine, DWORD dwAddressID, HCALL hCall, DWORD dwSelect,
                                LPLINEMEDIACONTROLDIGIT const lpDigitList, DWORD dwDigitNumEntries,
                                LPLINEMEDIACONTROLMEDIA const lpMediaList, DWORD dwMediaNumEntries,
                                LPLINEMEDIACONTROLTONE const lpToneList, DWORD dwToneNumEntries,
                                LPLINEMEDIACONTROLCALLSTATE const lpCallStateList,
                                DWORD dwCallStateNumEntries);
LONG WINAPI lineSetMediaMode(HCALL hCall, DWORD dwMediaModes);
LONG WINAPI lineSetTerminal(HLINE hLine, DWORD dwAddressID, HCALL hCall, DWORD dwSelect,
                            DWORD dwTerminalModes, DWORD dwTerminalID, DWORD bEnable);

/* ---- Device-specific extensions */

/* Not offered: LINEERR_OPERATIONUNAVAIL. */
LONG WINAPI lineDevSpecific(HLINE hLine, DWORD dwAddressID, HCALL hCall, LPVOID lpParams,
                            DWORD dwSize);
LONG WINAPI lineDevSpecificFeature(HLINE hLine, DWORD dwFeature, LPVOID lpParams, DWORD dwSize);
LONG WINAPI lineNegotiateExtVersion(HLINEAPP hLineApp, DWORD dwDeviceID, DWORD dwAPIVersion,
                                    DWORD dwExtLowVersion, DWORD dwExtHighVersion,
                                    LPDWORD lpdwExtVersion);

/* ---- Address translation */

/* Not offered: LINEERR_OPERATIONFAILED. */
LONG WINAPI lineGetCountry(DWORD dwCountryID, DWORD dwAPIVersion,
                           LPLINECOUNTRYLIST lpLineCountryList);
LONG WINAPI lineGetCountryA(DWORD dwCountryID, DWORD dwAPIVersion,
                            LPLINECOUNTRYLIST lpLineCountryList);
LONG WINAPI lineGetCountryW(DWORD dwCountryID, DWORD dwAPIVersion,
                            LPLINECOUNTRYLIST lpLineCountryList);
LONG WINAPI lineGetTranslateCaps(HLINEAPP hLineApp, DWORD dwAPIVersion,
                                 LPLINETRANSLATECAPS lpTranslateCaps);
LONG WINAPI lineGetTranslateCapsA(HLINEAPP hLineApp, DWORD dwAPIVersion,
                                  LPLINETRANSLATECAPS lpTranslateCaps);
LONG WINAPI lineGetTranslateCapsW(HLINEAPP hLineApp, DWORD dwAPIVersion,
                                  LPLINETRANSLATECAPS lpTranslateCaps);
LONG WINAPI lineSetCurrentLocation(HLINEAPP hLineApp, DWORD dwLocation);
LONG WINAPI lineSetTollList(HLINEAPP hLineApp, DWORD dwDeviceID, LPCSTR lpszAddressIn,
                            DWORD dwTollListOption);
LONG WINAPI lineSetTollListA(HLINEAPP hLineApp, DWORD dwDeviceID, LPCSTR lpszAddressIn,
                             DWORD dwTollListOption);
LONG WINAPI lineSetTollListW(HLINEAPP hLineApp, DWORD dwDeviceID, LPCWSTR lpszAddressIn,
                             DWORD dwTollListOption);
LONG WINAPI lineTranslateAddress(HLINEAPP hLineApp, DWORD dwDeviceID, DWORD dwAPIVersion,
                                 LPCSTR lpszAddressIn, DWORD dwCard, DWORD dwTranslateOptions,
                                 LPLINETRANSLATEOUTPUT lpTranslateOutput);
LONG WINAPI lineTranslateAddressA(HLINEAPP hLineApp, DWORD dwDeviceID, DWORD dwAPIVersion,
                                  LPCSTR lpszAddressIn, DWORD dwCard, DWORD dwTranslateOptions,
                                  LPLINETRANSLATEOUTPUT lpTranslateOutput);
LONG WINAPI lineTranslateAddressW(HLINEAPP hLineApp, DWORD dwDeviceID, DWORD dwAPIVersion,
                                  LPCWSTR lpszAddressIn, DWORD dwCard, DWORD dwTranslateOptions,
                                  LPLINETRANSLATEOUTPUT lpTranslateOutput);
LONG WINAPI lineTranslateDialog(HLINEAPP hLineApp, DWORD dwDeviceID, DWORD dwAPIVersion,
                                HWND hwndOwner, LPCSTR lpszAddressIn);
LONG WINAPI lineTranslateDialogA(HLINEAPP hLineApp, DWORD dwDeviceID, DWORD dwAPIVersion,
                                 HWND hwndOwner, LPCSTR lpszAddressIn);
LONG WINAPI lineTranslateDialogW(HLINEAPP hLineApp, DWORD dwDeviceID, DWORD dwAPIVersion,
                                 HWND hwndOwner, LPCWSTR lpszAddressIn);

/* Not offered: TAPIERR_REQUESTFAILED. */
LONG WINAPI tapiGetLocationInfo(LPSTR lpszCountryCode, LPSTR lpszCityCode);
LONG WINAPI tapiGetLocationInfoA(LPSTR lpszCountryCode, LPSTR lpszCityCode);
LONG WINAPI tapiGetLocationInfoW(LPWSTR lpszCountryCode, LPWSTR lpszCityCode);

/* ---- Assisted telephony */

/* Not offered: LINEERR_NOTREGISTERED. */
LONG WINAPI lineGetRequest(HLINEAPP hLineApp, DWORD dwRequestMode, LPVOID lpRequestBuffer);
LONG WINAPI lineGetRequestA(HLINEAPP hLineApp, DWORD dwRequestMode, LPVOID lpRequestBuffer);
LONG WINAPI lineGetRequestW(HLINEAPP hLineApp, DWORD dwRequestMode, LPVOID lpRequestBuffer);

/* Not offered: LINEERR_OPERATIONFAILED. */
LONG WINAPI lineRegisterRequestRecipient(HLINEAPP hLineApp, DWORD dwRegistrationInstance,
                                         DWORD dwRequestMode, DWORD bEnable);

/* Not offered: TAPIERR_REQUESTFAILED. */
LONG WINAPI tapiRequestDrop(HWND hwnd, WPARAM wRequestID);

/* Not offered: TAPIERR_NOREQUESTRECIPIENT. */
LONG WINAPI tapiRequestMakeCall(LPCSTR lpszDestAddress, LPCSTR lpszAppName, LPCSTR lpszCalledParty,
                                LPCSTR lpszComment);
LONG WINAPI tapiRequestMakeCallA(LPCSTR lpszDestAddress, LPCSTR lpszAppName, LPCSTR lpszCalledParty,
                                 LPCSTR lpszComment);
LONG WINAPI tapiRequestMakeCallW(LPCWSTR lpszDestAddress, LPCWSTR lpszAppName,
                                 LPCWSTR lpszCalledParty, LPCWSTR lpszComment);
LONG WINAPI tapiRequestMediaCall(HWND hwnd, WPARAM wRequestID, LPCSTR lpszDeviceClass,
                                 LPCSTR lpDeviceID, DWORD dwSize, DWORD dwSecure,
                                 LPCSTR lpszDestAddress, LPCSTR lpszAppName, LPCSTR lpszCalledParty,
                                 LPCSTR lpszComment);
LONG WINAPI tapiRequestMediaCallA(HWND hwnd, WPARAM wRequestID, LPCSTR lpszDeviceClass,
                                  LPCSTR lpDeviceID, DWORD dwSize, DWORD dwSecure,
                                  LPCSTR lpszDestAddress, LPCSTR lpszAppName,
                                  LPCSTR lpszCalledParty, LPCSTR lpszComment);
LONG WINAPI tapiRequestMediaCallW(HWND hwnd, WPARAM wRequestID, LPCWSTR lpszDeviceClass,
                                  LPCWSTR lpDeviceID, DWORD dwSize, DWORD dwSecure,
                                  LPCWSTR lpszDestAddress, LPCWSTR lpszAppName,
                                  LPCWSTR lpszCalledParty, LPCWSTR lpszComment);

/* ---- Providers and dialogs */

/* Not offered: LINEERR_OPERATIONFAILED. */
LONG WINAPI lineAddProvider(LPCSTR lpszProviderFilename, HWND hwndOwner,
                            LPDWORD lpdwPermanentProviderID);
LONG WINAPI lineAddProviderA(LPCSTR lpszProviderFilename, HWND hwndOwner,
                             LPDWORD lpdwPermanentProviderID);
LONG WINAPI lineAddProviderW(LPCWSTR lpszProviderFilename, HWND hwndOwner,
                             LPDWORD lpdwPermanentProviderID);
LONG WINAPI lineConfigProvider(HWND hwndOwner, DWORD dwPermanentProviderID);
LONG WINAPI lineGetProviderList(DWORD dwAPIVersion, LPLINEPROVIDERLIST lpProviderList);
LONG WINAPI lineGetProviderListA(DWORD dwAPIVersion, LPLINEPROVIDERLIST lpProviderList);
LONG WINAPI lineGetProviderListW(DWORD dwAPIVersion, LPLINEPROVIDERLIST lpProviderList);
LONG WINAPI lineRemoveProvider(DWORD dwPermanentProviderID, HWND hwndOwner);

/* Not offered: LINEERR_OPERATIONUNAVAIL. */
LONG WINAPI lineConfigDialog(DWORD dwDeviceID, HWND hwndOwner, LPCSTR lpszDeviceClass);
LONG WINAPI lineConfigDialogA(DWORD dwDeviceID, HWND hwndOwner, LPCSTR lpszDeviceClass);
LONG WINAPI lineConfigDialogW(DWORD dwDeviceID, HWND hwndOwner, LPCWSTR lpszDeviceClass);
LONG WINAPI lineConfigDialogEdit(DWORD dwDeviceID, HWND hwndOwner, LPCSTR lpszDeviceClass,
                                 LPVOID const lpDeviceConfigIn, DWORD dwSize,
                                 LPVARSTRING lpDeviceConfigOut);
LONG WINAPI lineConfigDialogEditA(DWORD dwDeviceID, HWND hwndOwner, LPCSTR lpszDeviceClass,
                                  LPVOID const lpDeviceConfigIn, DWORD dwSize,
                                  LPVARSTRING lpDeviceConfigOut);
LONG WINAPI lineConfigDialogEditW(DWORD dwDeviceID, HWND hwndOwner, LPCWSTR lpszDeviceClass,
                                  LPVOID const lpDeviceConfigIn, DWORD dwSize,
                                  LPVARSTRING lpDeviceConfigOut);

/* ---- Agents, queues and proxies */

/* Not offered: LINEERR_OPERATIONUNAVAIL. */
LONG WINAPI lineAgentSpecific(HLINE hLine, DWORD dwAddressID, DWORD dwAgentExtensionIDIndex,
                              LPVOID lpParams, DWORD dwSize);
LONG WINAPI lineCreateAgentA(HLINE hLine, LPSTR lpszAgentID, LPSTR lpszAgentPIN, LPHAGENT lphAgent);
LONG WINAPI lineCreateAgentW(HLINE hLine, LPWSTR lpszAgentID, LPWSTR lpszAgentPIN,
                             LPHAGENT lphAgent);
LONG WINAPI lineCreateAgentSessionA(HLINE hLine, HAGENT hAgent, LPSTR lpszAgentPIN,
                                    DWORD dwWorkingAddressID, LPGUID lpGroupID,
                                    LPHAGENTSESSION lphAgentSession);
LONG WINAPI lineCreateAgentSessionW(HLINE hLine, HAGENT hAgent, LPWSTR lpszAgentPIN,
                                    DWORD dwWorkingAddressID, LPGUID lpGroupID,
                                    LPHAGENTSESSION lphAgentSession);
LONG WINAPI lineGetAgentActivityListA(HLINE hLine, DWORD dwAddressID,
                                      LPLINEAGENTACTIVITYLIST lpAgentActivityList);
LONG WINAPI lineGetAgentActivityListW(HLINE hLine, DWORD dwAddressID,
                                      LPLINEAGENTACTIVITYLIST lpAgentActivityList);
LONG WINAPI lineGetAgentCapsA(HLINEAPP hLineApp, DWORD dwDeviceID, DWORD dwAddressID,
                              DWORD dwAppAPIVersion, LPLINEAGENTCAPS lpAgentCaps);
LONG WINAPI lineGetAgentCapsW(HLINEAPP hLineApp, DWORD dwDeviceID, DWORD dwAddressID,
                              DWORD dwAppAPIVersion, LPLINEAGENTCAPS lpAgentCaps);
LONG WINAPI lineGetAgentGroupListA(HLINE hLine, DWORD dwAddressID,
                                   LPLINEAGENTGROUPLIST lpAgentGroupList);
LONG WINAPI lineGetAgentGroupListW(HLINE hLine, DWORD dwAddressID,
                                   LPLINEAGENTGROUPLIST lpAgentGroupList);
LONG WINAPI lineGetAgentInfo(HLINE hLine, HAGENT hAgent, LPLINEAGENTINFO lpAgentInfo);
LONG WINAPI lineGetAgentSessionInfo(HLINE hLine, HAGENTSESSION hAgentSession,
                                    LPLINEAGENTSESSIONINFO lpAgentSessionInfo);
LONG WINAPI lineGetAgentSessionList(HLINE hLine, HAGENT hAgent,
                                    LPLINEAGENTSESSIONLIST lpAgentSessionList);
LONG WINAPI lineGetAgentStatusA(HLINE hLine, DWORD dwAddressID, LPLINEAGENTSTATUS lpAgentStatus);
LONG WINAPI lineGetAgentStatusW(HLINE hLine, DWORD dwAddressID, LPLINEAGENTSTATUS lpAgentStatus);
LONG WINAPI lineGetGroupListA(HLINE hLine, LPLINEAGENTGROUPLIST lpGroupList);
LONG WINAPI lineGetGroupListW(HLINE hLine, LPLINEAGENTGROUPLIST lpGroupList);
LONG WINAPI lineGetProxyStatus(HLINEAPP hLineApp, DWORD dwDeviceID, DWORD dwAppAPIVersion,
                               LPLINEPROXYREQUESTLIST lpLineProxyReqestList);
LONG WINAPI lineGetQueueInfo(HLINE hLine, DWORD dwQueueID, LPLINEQUEUEINFO lpLineQueueInfo);
LONG WINAPI lineGetQueueListA(HLINE hLine, LPGUID lpGroupID, LPLINEQUEUELIST lpQueueList);
LONG WINAPI lineGetQueueListW(HLINE hLine, LPGUID lpGroupID, LPLINEQUEUELIST lpQueueList);
LONG WINAPI lineProxyMessage(HLINE hLine, HCALL hCall, DWORD dwMsg, DWORD dwParam1, DWORD dwParam2,
                             DWORD dwParam3);
LONG WINAPI lineProxyResponse(HLINE hLine, LPLINEPROXYREQUEST lpProxyRequest, DWORD dwResult);
LONG WINAPI lineSetAgentActivity(HLINE hLine, DWORD dwAddressID, DWORD dwActivityID);
LONG WINAPI lineSetAgentGroup(HLINE hLine, DWORD dwAddressID,
                              LPLINEAGENTGROUPLIST lpAgentGroupList);
LONG WINAPI lineSetAgentMeasurementPeriod(HLINE hLine, HAGENT hAgent, DWORD dwMeasurementPeriod);
LONG WINAPI lineSetAgentSessionState(HLINE hLine, HAGENTSESSION hAgentSession,
                                     DWORD dwAgentSessionState, DWORD dwNextAgentSessionState);
LONG WINAPI lineSetAgentState(HLINE hLine, DWORD dwAddressID, DWORD dwAgentState,
                              DWORD dwNextAgentState);
LONG WINAPI lineSetAgentStateEx(HLINE hLine, HAGENT hAgent, DWORD dwAgentState,
                                DWORD dwNextAgentState);
LONG WINAPI lineSetQueueMeasurementPeriod(HLINE hLine, DWORD dwQueueID, DWORD dwMeasurementPeriod);

/* ---- Telephone sets */

/* Not offered: PHONEERR_UNINITIALIZED. */
LONG WINAPI phoneClose(HPHONE hPhone);
LONG WINAPI phoneConfigDialog(DWORD dwDeviceID, HWND hwndOwner, LPCSTR lpszDeviceClass);
LONG WINAPI phoneConfigDialogA(DWORD dwDeviceID, HWND hwndOwner, LPCSTR lpszDeviceClass);
LONG WINAPI phoneConfigDialogW(DWORD dwDeviceID, HWND hwndOwner, LPCWSTR lpszDeviceClass);
LONG WINAPI phoneDevSpecific(HPHONE hPhone, LPVOID lpParams, DWORD dwSize);
LONG WINAPI phoneGetButtonInfo(HPHONE hPhone, DWORD dwButtonLampID, LPPHONEBUTTONINFO lpButtonInfo);
LONG WINAPI phoneGetButtonInfoA(HPHONE hPhone, DWORD dwButtonLampID,
                                LPPHONEBUTTONINFO lpButtonInfo);
LONG WINAPI phoneGetButtonInfoW(HPHONE hPhone, DWORD dwButtonLampID,
                                LPPHONEBUTTONINFO lpButtonInfo);
LONG WINAPI phoneGetData(HPHONE hPhone, DWORD dwDataID, LPVOID lpData, DWORD dwSize);
LONG WINAPI phoneGetDevCaps(HPHONEAPP hPhoneApp, DWORD dwDeviceID, DWORD dwAPIVersion,
                            DWORD dwExtVersion, LPPHONECAPS lpPhoneCaps);
LONG WINAPI phoneGetDevCapsA(HPHONEAPP hPhoneApp, DWORD dwDeviceID, DWORD dwAPIVersion,
                             DWORD dwExtVersion, LPPHONECAPS lpPhoneCaps);
LONG WINAPI phoneGetDevCapsW(HPHONEAPP hPhoneApp, DWORD dwDeviceID, DWORD dwAPIVersion,
                             DWORD dwExtVersion, LPPHONECAPS lpPhoneCaps);
LONG WINAPI phoneGetDisplay(HPHONE hPhone, LPVARSTRING lpDisplay);
LONG WINAPI phoneGetGain(HPHONE hPhone, DWORD dwHookSwitchDev, LPDWORD lpdwGain);
LONG WINAPI phoneGetHookSwitch(HPHONE hPhone, LPDWORD lpdwHookSwitchDevs);
LONG WINAPI phoneGetID(HPHONE hPhone, LPVARSTRING lpDeviceID, LPCSTR lpszDeviceClass);
LONG WINAPI phoneGetIDA(HPHONE hPhone, LPVARSTRING lpDeviceID, LPCSTR lpszDeviceClass);
LONG WINAPI phoneGetIDW(HPHONE hPhone, LPVARSTRING lpDeviceID, LPCWSTR lpszDeviceClass);
LONG WINAPI phoneGetIcon(DWORD dwDeviceID, LPCSTR lpszDeviceClass, LPHICON lphIcon);
LONG WINAPI phoneGetIconA(DWORD dwDeviceID, LPCSTR lpszDeviceClass, LPHICON lphIcon);
LONG WINAPI phoneGetIconW(DWORD dwDeviceID, LPCWSTR lpszDeviceClass, LPHICON lphIcon);
LONG WINAPI phoneGetLamp(HPHONE hPhone, DWORD dwButtonLampID, LPDWORD lpdwLampMode);
LONG WINAPI phoneGetRing(HPHONE hPhone, LPDWORD lpdwRingMode, LPDWORD lpdwVolume);
LONG WINAPI phoneGetStatus(HPHONE hPhone, LPPHONESTATUS lpPhoneStatus);
LONG WINAPI phoneGetStatusA(HPHONE hPhone, LPPHONESTATUS lpPhoneStatus);
LONG WINAPI phoneGetStatusW(HPHONE hPhone, LPPHONESTATUS lpPhoneStatus);
LONG WINAPI phoneGetStatusMessages(HPHONE hPhone, LPDWORD lpdwPhoneStates, LPDWORD lpdwButtonModes,
                                   LPDWORD lpdwButtonStates);
LONG WINAPI phoneGetVolume(HPHONE hPhone, DWORD dwHookSwitchDev, LPDWORD lpdwVolume);
LONG WINAPI phoneNegotiateAPIVersion(HPHONEAPP hPhoneApp, DWORD dwDeviceID, DWORD dwAPILowVersion,
                                     DWORD dwAPIHighVersion, LPDWORD lpdwAPIVersion,
                                     LPPHONEEXTENSIONID lpExtensionID);
LONG WINAPI phoneNegotiateExtVersion(HPHONEAPP hPhoneApp, DWORD dwDeviceID, DWORD dwAPIVersion,
                                     DWORD dwExtLowVersion, DWORD dwExtHighVersion,
                                     LPDWORD lpdwExtVersion);
LONG WINAPI phoneOpen(HPHONEAPP hPhoneApp, DWORD dwDeviceID, LPHPHONE lphPhone, DWORD dwAPIVersion,
                      DWORD dwExtVersion, DWORD_PTR dwCallbackInstance, DWORD dwPrivilege);
LONG WINAPI phoneSetButtonInfo(HPHONE hPhone, DWORD dwButtonLampID,
                               LPPHONEBUTTONINFO const lpButtonInfo);
LONG WINAPI phoneSetButtonInfoA(HPHONE hPhone, DWORD dwButtonLampID,
                                LPPHONEBUTTONINFO const lpButtonInfo);
LONG WINAPI phoneSetButtonInfoW(HPHONE hPhone, DWORD dwButtonLampID,
                                LPPHONEBUTTONINFO const lpButtonInfo);
LONG WINAPI phoneSetData(HPHONE hPhone, DWORD dwDataID, LPVOID const lpData, DWORD dwSize);
LONG WINAPI phoneSetDisplay(HPHONE hPhone, DWORD dwRow, DWORD dwColumn, LPCSTR lpsDisplay,
                            DWORD dwSize);
LONG WINAPI phoneSetGain(HPHONE hPhone, DWORD dwHookSwitchDev, DWORD dwGain);
LONG WINAPI phoneSetHookSwitch(HPHONE hPhone, DWORD dwHookSwitchDevs, DWORD dwHookSwitchMode);
LONG WINAPI phoneSetLamp(HPHONE hPhone, DWORD dwButtonLampID, DWORD dwLampMode);
LONG WINAPI phoneSetRing(HPHONE hPhone, DWORD dwRingMode, DWORD dwVolume);
LONG WINAPI phoneSetStatusMessages(HPHONE hPhone, DWORD dwPhoneStates, DWORD dwButtonModes,
                                   DWORD dwButtonStates);
LONG WINAPI phoneSetVolume(HPHONE hPhone, DWORD dwHookSwitchDev, DWORD dwVolume);
LONG WINAPI phoneShutdown(HPHONEAPP hPhoneApp);

/* Not offered: PHONEERR_INVALAPPHANDLE. */
LONG WINAPI phoneGetMessage(HPHONEAPP hPhoneApp, LPPHONEMESSAGE lpMessage, DWORD dwTimeout);

/* Not offered: PHONEERR_OPERATIONFAILED. */
LONG WINAPI phoneInitialize(LPHPHONEAPP lphPhoneApp, HINSTANCE hInstance,
                            PHONECALLBACK lpfnCallback, LPCSTR lpszAppName, LPDWORD lpdwNumDevs);
LONG WINAPI phoneInitializeExA(LPHPHONEAPP lphPhoneApp, HINSTANCE hInstance,
                               PHONECALLBACK lpfnCallback, LPCSTR lpszFriendlyAppName,
                               LPDWORD lpdwNumDevs, LPDWORD lpdwAPIVersion,
                               LPPHONEINITIALIZEEXPARAMS lpPhoneInitializeExParams);
LONG WINAPI phoneInitializeExW(LPHPHONEAPP lphPhoneApp, HINSTANCE hInstance,
                               PHONECALLBACK lpfnCallback, LPCWSTR lpszFriendlyAppName,
                               LPDWORD lpdwNumDevs, LPDWORD lpdwAPIVersion,
                               LPPHONEINITIALIZEEXPARAMS lpPhoneInitializeExParams);

#ifdef UNICODE
#define lineInitializeEx lineInitializeExW
#define lineGetAppPriority lineGetAppPriorityW
#define lineSetAppPriority lineSetAppPriorityW
#define lineGetDevCaps lineGetDevCapsW
#define lineGetAddressCaps lineGetAddressCapsW
#define lineOpen lineOpenW
#define lineGetAddressStatus lineGetAddressStatusW
#define lineGetLineDevStatus lineGetLineDevStatusW
#define lineGetID lineGetIDW
#define lineGetAddressID lineGetAddressIDW
#define lineGetIcon lineGetIconW
#define lineMakeCall lineMakeCallW
#define lineGetCallInfo lineGetCallInfoW
#define lineHandoff lineHandoffW
#define lineDial lineDialW
#define lineRedirect lineRedirectW
#define lineBlindTransfer lineBlindTransferW
#define lineSetupTransfer lineSetupTransferW
#define lineGenerateDigits lineGenerateDigitsW
#define lineGatherDigits lineGatherDigitsW
#define linePrepareAddToConference linePrepareAddToConferenceW
#define lineSetupConference lineSetupConferenceW
#define lineForward lineForwardW
#define linePark lineParkW
#define linePickup linePickupW
#define lineUnpark lineUnparkW
#define lineGetDevConfig lineGetDevConfigW
#define lineSetDevConfig lineSetDevConfigW
#define lineGetCountry lineGetCountryW
#define lineGetTranslateCaps lineGetTranslateCapsW
#define lineSetTollList lineSetTollListW
#define lineTranslateAddress lineTranslateAddressW
#define lineTranslateDialog lineTranslateDialogW
#define tapiGetLocationInfo tapiGetLocationInfoW
#define lineGetRequest lineGetRequestW
#define tapiRequestMakeCall tapiRequestMakeCallW
#define tapiRequestMediaCall tapiRequestMediaCallW
#define lineAddProvider lineAddProviderW
#define lineConfigDialog lineConfigDialogW
#define lineConfigDialogEdit lineConfigDialogEditW
#define lineGetProviderList lineGetProviderListW
#define lineCreateAgent lineCreateAgentW
#define lineCreateAgentSession lineCreateAgentSessionW
#define lineGetAgentActivityList lineGetAgentActivityListW
#define lineGetAgentCaps lineGetAgentCapsW
#define lineGetAgentGroupList lineGetAgentGroupListW
#define lineGetAgentStatus lineGetAgentStatusW
#define lineGetGroupList lineGetGroupListW
#define lineGetQueueList lineGetQueueListW
#define phoneConfigDialog phoneConfigDialogW
#define phoneGetButtonInfo phoneGetButtonInfoW
#define phoneGetDevCaps phoneGetDevCapsW
#define phoneGetID phoneGetIDW
#define phoneGetIcon phoneGetIconW
#define phoneGetStatus phoneGetStatusW
#define phoneInitializeEx phoneInitializeExW
#define phoneSetButtonInfo phoneSetButtonInfoW
#else
#define lineInitializeEx lineInitializeExA
#define lineGetAppPriority lineGetAppPriorityA
#define lineSetAppPriority lineSetAppPriorityA
#define lineGetDevCaps lineGetDevCapsA
#define lineGetAddressCaps lineGetAddressCapsA
#define lineOpen lineOpenA
#define lineGetAddressStatus lineGetAddressStatusA
#define lineGetLineDevStatus lineGetLineDevStatusA
#define lineGetID lineGetIDA
#define lineGetAddressID lineGetAddressIDA
#define lineGetIcon lineGetIconA
#define lineMakeCall lineMakeCallA
#define lineGetCallInfo lineGetCallInfoA
#define lineHandoff lineHandoffA
#define lineDial lineDialA
#define lineRedirect lineRedirectA
#define lineBlindTransfer lineBlindTransferA
#define lineSetupTransfer lineSetupTransferA
#define lineGenerateDigits lineGenerateDigitsA
#define lineGatherDigits lineGatherDigitsA
#define linePrepareAddToConference linePrepareAddToConferenceA
#define lineSetupConference lineSetupConferenceA
#define lineForward lineForwardA
#define linePark lineParkA
#define linePickup linePickupA
#define lineUnpark lineUnparkA
#define lineGetDevConfig lineGetDevConfigA
#define lineSetDevConfig lineSetDevConfigA
#define lineGetCountry lineGetCountryA
#define lineGetTranslateCaps lineGetTranslateCapsA
#define lineSetTollList lineSetTollListA
#define lineTranslateAddress lineTranslateAddressA
#define lineTranslateDialog lineTranslateDialogA
#define tapiGetLocationInfo tapiGetLocationInfoA
#define lineGetRequest lineGetRequestA
#define tapiRequestMakeCall tapiRequestMakeCallA
#define tapiRequestMediaCall tapiRequestMediaCallA
#define lineAddProvider lineAddProviderA
#define lineConfigDialog lineConfigDialogA
#define lineConfigDialogEdit lineConfigDialogEditA
#define lineGetProviderList lineGetProviderListA
#define lineCreateAgent lineCreateAgentA
#define lineCreateAgentSession lineCreateAgentSessionA
#define lineGetAgentActivityList lineGetAgentActivityListA
#define lineGetAgentCaps lineGetAgentCapsA
#define lineGetAgentGroupList lineGetAgentGroupListA
#define lineGetAgentStatus lineGetAgentStatusA
#define lineGetGroupList lineGetGroupListA
#define lineGetQueueList lineGetQueueListA
#define phoneConfigDialog phoneConfigDialogA
#define phoneGetButtonInfo phoneGetButtonInfoA
#define phoneGetDevCaps phoneGetDevCapsA
#define phoneGetID phoneGetIDA
#define phoneGetIcon phoneGetIconA
#define phoneGetStatus phoneGetStatusA
#define phoneInitializeEx phoneInitializeExA
#define phoneSetButtonInfo phoneSetButtonInfoA
#endif

#ifdef __cplusplus
}
#endif

#endif /* SWITCHHOOK_TAPI_TAPI_FUNCTIONS_H */
