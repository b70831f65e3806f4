// SPDX-License-Identifier: Apache-2.0
#pragma once

// Every limit has a name, here. docs/limits.md explains those that a user may meet.

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace switchhook::limits {

inline constexpr std::size_t kNameBytes = 256;      ///< application, line, display names
inline constexpr std::size_t kAddressBytes = 1024;  ///< a dialable address or URI
inline constexpr std::size_t kCommentBytes = 1024;
inline constexpr std::size_t kProviderCallIdBytes = 256;  ///< in a record; longer ones are cut
inline constexpr std::size_t kWordsBytes = 256;           ///< a cause's words; longer ones are cut
inline constexpr std::size_t kUserInfoBytes = 1024;       ///< user-user information, each direction
inline constexpr std::size_t kDigits = 256;               ///< digits of one request
inline constexpr std::size_t kTimelineEntries = 64;       ///< later steps replace the last but one
inline constexpr std::size_t kHoldersPerSession = 64;

inline constexpr std::size_t kFrameBytes = 4 * 1024 * 1024;  ///< largest protocol frame
/// Memory that reading one frame may take: bytes for each byte of it, and in all. A frame may name
/// one part many times; each time a copy is made.
inline constexpr std::size_t kDecodedPerByte = 128;
inline constexpr std::size_t kDecodedBytes = 4 * kFrameBytes;
inline constexpr std::uint32_t kFrameTables = 128 * 1024;  ///< structures in one frame
inline constexpr std::uint32_t kFrameDepth = 16;           ///< structures within each other
inline constexpr std::size_t kRestoredAtOnce = 10000;      ///< calls in one Restore
inline constexpr std::size_t kListEntries = 1000;       ///< entries in one answer; lists are paged
inline constexpr std::size_t kRequestsInFlight = 4096;  ///< of one application
inline constexpr std::size_t kEventsQueued = 65536;     ///< pushed to one application, not read yet
inline constexpr std::size_t kApplications = 4096;
inline constexpr std::size_t kApplicationsPerUser = 2048;  ///< connections of one account
/// Descriptors kept free: by the audio of calls for connections, by users' connections for those of
/// operators, and by these for the service itself.
inline constexpr std::size_t kDescriptorsBesideCalls = 64;
inline constexpr std::size_t kDescriptorsBesideUsers = 32;
inline constexpr std::size_t kDescriptorsBesideAll = 16;
inline constexpr std::size_t kDescriptorsLeast = 64;  ///< a daemon needs so many to begin
inline constexpr std::size_t kHelloBytes = 4096;      ///< a frame before the hello is accepted
/// Of all connections of one account: frames that are not whole yet, and what waits to be read.
inline constexpr std::size_t kInputOfUser = 4 * kFrameBytes;
inline constexpr std::size_t kOutputOfUser = 256u << 20;
/// Kept in the engine by all programs of one account, and by one: settings say otherwise.
inline constexpr std::uint32_t kUserMb = 1024;
inline constexpr std::uint32_t kProgramMb = 512;
inline constexpr std::size_t kOperatorPlaces = 16;       ///< connections that no user can take
inline constexpr std::size_t kOutputBytes = 256 * 1024;  ///< encoded for one application, unsent
/// One turn of a connection, before the others have theirs: it ends with the first of these.
inline constexpr std::size_t kTurnRequests = 64;
inline constexpr std::size_t kTurnBytes = 256 * 1024;
inline constexpr std::chrono::milliseconds kTurnTime{4};
inline constexpr std::size_t kEventBytes = 16 * 1024 * 1024;  ///< events waiting behind that
inline constexpr std::size_t kQueriesInFlight = 16;           ///< of the store, by one application
inline constexpr std::size_t kQueriesOfUser = 64;             ///< of all programs of one account
inline constexpr std::size_t kAuditsAsked = 16;        ///< by one application, not answered yet
inline constexpr std::size_t kLinesRemembered = 4096;  ///< numbers that lines keep over starts
inline constexpr std::size_t kScanRows = 2048;         ///< looked at before the next question
inline constexpr std::size_t kDamageNamed =
    1000;  ///< rows of the store; further ones are not counted
inline constexpr std::size_t kRecordsUnwritten = 65536;        ///< waiting for the store's writer
inline constexpr std::size_t kRequestBytes = 4 * 1024 * 1024;  ///< handed in by a client, unsent
/// Sent and not acknowledged: beyond it a connection cannot be resumed any more.
inline constexpr std::size_t kRetainedBytes = 2 * kFrameBytes;
inline constexpr std::chrono::seconds kResumeTime{10};   ///< for a lost connection to come back
inline constexpr std::chrono::seconds kRestoreTime{30};  ///< for a service that died to be back
inline constexpr std::chrono::seconds kFrameTime{
    10};  ///< from the beginning of a large frame to its end
inline constexpr std::chrono::seconds kHelloTime{10};   ///< from connecting to the hello
inline constexpr std::chrono::seconds kHeartbeat{5};    ///< over TCP
inline constexpr unsigned kHeartbeatsMissed = 4;        ///< so many without an answer = lost
inline constexpr std::chrono::seconds kSilence{60};     ///< of a local program; then it is lost
inline constexpr std::chrono::seconds kGoodbyeTime{2};  ///< to read the last words
inline constexpr std::chrono::seconds kStopTime{8};     ///< the longest clean stop
inline constexpr std::size_t kLineOpenings = 4096;      ///< of one application
inline constexpr std::size_t kOpeningsOfLine = 64;      ///< of one line, by one application
/// Applications that monitor one line: each holds each of its calls, besides an owner.
inline constexpr std::size_t kMonitorsOfLine = kHoldersPerSession - 1;
/// Changes of lines that one step of the engine tells applications of; beyond that, each of them is
/// told only how many it missed.
inline constexpr std::size_t kAnnouncements = 65536;
inline constexpr std::size_t kGroupsOfUser = 1024;     ///< more of one account do not count
inline constexpr std::size_t kIdentifiers = 4u << 20;  ///< of one application
inline constexpr std::size_t kSessions = 4u << 20;
/// Emergency calls pass the other limits, up to these.
inline constexpr std::size_t kEmergencyCalls =
    8;  ///< of one application at once; more are ordinary
inline constexpr std::size_t kEmergencyRequests = 64;     ///< of one, beyond kRequestsInFlight
inline constexpr std::size_t kEmergencySessions = 1024;   ///< beyond kSessions, or SIP's calls_max
inline constexpr std::size_t kProviderEvents = 4u << 20;  ///< of one provider, not taken in yet
inline constexpr std::size_t kReclaimedRemembered = 65536;  ///< of one application
/// Refused calls are told in the log once for each reason, and after this time how many more there were.
inline constexpr std::chrono::seconds kRefusalsQuiet{60};
inline constexpr std::size_t kRefusalsTold = 256;  ///< reasons remembered
inline constexpr std::size_t kMistakesTold = 100;  ///< of one configuration file; then their number
inline constexpr std::size_t kEmergencyNumbers = 100;
inline constexpr std::size_t kSiteBytes = 256;  ///< where in a program a call was acquired
inline constexpr std::size_t kSites = 1024;     ///< different ones of one application; then unnamed
inline constexpr std::size_t kRecordsRemembered = 1000;  ///< in memory, where there is no store

/// In a program, waiting for its dispatch thread: one for each identifier and opening, and some.
inline constexpr std::size_t kTasks = kIdentifiers + kLineOpenings + 1024;
// In a program on the C++ API: what nobody has taken yet.
inline constexpr std::size_t kEventsPerSession =
    1024;                                           ///< then the oldest is dropped, never the end
inline constexpr std::size_t kCallsPerLine = 4096;  ///< then the newest is released
inline constexpr std::size_t kEventsOfApplication = 256;  ///< then the oldest is dropped

// Of one SIP message.
inline constexpr std::uint32_t kSipMessageBytes = 16 * 1024 * 1024;  ///< that a setting may allow
inline constexpr std::size_t kSipHeaders = 1024;                     ///< header lines
inline constexpr std::size_t kSipHeaderParts = 1024;  ///< commas and semicolons in all its headers
inline constexpr std::size_t kRefusalsRemembered = 100;  ///< INVITEs that became no session
inline constexpr std::size_t kRefusedNetworks = 1000;    ///< counted each by itself
/// Read by a connection beyond a whole message, before the messages in it are taken apart.
inline constexpr std::uint32_t kSipReadAhead = 128 * 1024;

// Of traces of SIP messages.
inline constexpr std::size_t kTracedBytes = 16 * 1024;  ///< of one message; longer ones are cut
inline constexpr std::size_t kTracesQueued = 1024;  ///< for one that does not keep up; then counted

// Of the daemon's HTTP server, which serves metrics.
inline constexpr std::size_t kHttpThreads = 2;
inline constexpr std::size_t kHttpWaiting = 16;  ///< connections accepted, not looked at yet
inline constexpr std::size_t kHttpRequestBytes = 16 * 1024;  ///< of one request, all of it
inline constexpr std::chrono::seconds kHttpTime{5};          ///< for a request and its answer
inline constexpr std::chrono::seconds kMetricsAnswer{2};  ///< the loop's, to who asks for metrics
inline constexpr std::chrono::seconds kMetricsKept{1};    ///< so long a copy of them is good
inline constexpr std::size_t kMetricsApplications = 20;   ///< named; the others as one

// Of the console: REST and events over HTTP. Its requests also have the limits of kHttp….
inline constexpr std::size_t kConsoleThreads = 4;  ///< requests served at once
inline constexpr std::size_t kConsoleStreams = 32;
inline constexpr std::size_t kConsoleStreamsOfUser = 8;
inline constexpr std::size_t kConsoleStreamBytes = 256 * 1024;  ///< unsent, of one stream
inline constexpr std::size_t kConsoleEvents = 16384;            ///< kept for streams that come back
inline constexpr std::chrono::seconds kConsoleBeat{10};  ///< between two comments in a stream
inline constexpr std::chrono::seconds kConsoleLease{
    30};  ///< without a request or a stream; then lost
inline constexpr std::size_t kConsoleLeases = 64;
inline constexpr std::size_t kConsoleLeasesOfUser = 16;
inline constexpr std::size_t kConsoleLogins = 256;  ///< valid at once; then the oldest ends
inline constexpr std::chrono::hours kConsoleLoginTime{12};
inline constexpr unsigned kConsoleLoginsFailed = 10;  ///< by password, within the next; then none
inline constexpr std::chrono::seconds kConsoleLoginsTime{60};
inline constexpr std::size_t kConsoleUsers = 256;                  ///< with a password
inline constexpr std::size_t kConsolePathBytes = 512;              ///< of a request
inline constexpr std::size_t kConsoleHosts = 16;                   ///< names that it is reached by
inline constexpr std::chrono::seconds kConsoleAnswer{10};          ///< the service's, to a request
inline constexpr std::uint32_t kConsoleExport = 100000;            ///< records in one file
inline constexpr std::size_t kConsoleFileBytes = 8 * 1024 * 1024;  ///< of one of the page's files
inline constexpr std::size_t kConsoleMessages =
    100000;  ///< SIP messages that a setting may ask for
inline constexpr std::size_t kConsoleMessageBytes = 32 * 1024 * 1024;  ///< of all that are kept
inline constexpr std::size_t kConsoleSpans = 288;                      ///< of ends over time
inline constexpr std::chrono::minutes kConsoleSpan{5};

/// A provider answers a command within this time, or the engine goes on without it.
inline constexpr std::chrono::seconds kProviderAnswer{10};
/// The same for a transfer, which waits for somebody to answer a telephone.
inline constexpr std::chrono::seconds kTransferAnswer{240};
/// After CloseCall a provider has finished the signalling within this time; otherwise the audit
/// reports it as overdue.
inline constexpr std::chrono::seconds kProviderLinger{70};

// How the store removes old records, and when it trusts the wall clock for that.
inline constexpr std::uint32_t kStoreKeepDays = 366;
inline constexpr std::uint32_t kStoreMaxMb = 1024;
inline constexpr std::size_t kRetireAtOnce = 500;  ///< every kRetireEvery, by age
inline constexpr std::chrono::seconds kRetireEvery{1};
inline constexpr std::chrono::seconds kClockJump{30};    ///< between wall and monotonic clock
inline constexpr std::chrono::minutes kClockSteady{10};  ///< after a jump, or a long absence
inline constexpr std::chrono::hours kAbsence{48};        ///< beyond it the clock may be wrong
inline constexpr std::chrono::seconds kStoreQuiet{2};    ///< then the log becomes part of the file

// Of records on their way to a database (PostgreSQL).
inline constexpr std::size_t kOutboxRecords = 200;      ///< in one statement
inline constexpr std::uint64_t kOutboxTimes = 4;        ///< store_max_mb, for those that wait
inline constexpr std::chrono::seconds kOutboxTime{10};  ///< to connect, and for one statement
inline constexpr std::chrono::milliseconds kOutboxRetryFirst{200}, kOutboxRetryLast{30000};
inline constexpr std::chrono::milliseconds kOutboxGoodbye{500};  ///< at the end, to send the rest

/// An audit waits this long for the providers' own ledgers.
inline constexpr std::chrono::seconds kAuditAnswer{2};
/// The longest no-answer or length limit of a call, and the longest single digit.
inline constexpr std::chrono::hours kRuleTime{24 * 366};
inline constexpr std::chrono::seconds kDigitDuration{60};
/// The shortest digit that TAPI programs send; shorter ones are lengthened (ITU-T Q.24: 40 ms).
inline constexpr std::chrono::milliseconds kDigitDurationLeast{40};

}  // namespace switchhook::limits
