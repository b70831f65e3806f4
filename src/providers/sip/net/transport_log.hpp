// SPDX-License-Identifier: Apache-2.0
#pragma once

// What sofia-sip's transports say of TLS. The library tells what was wrong with a certificate only
// in its log; here the log is read, and what it said last on a thread is kept for whoever has to
// tell why a request could not be sent. Threads: any; each has words of its own (a SIP thread runs
// one agent). Ownership: none; install() changes the library's log for the process, once.

#include <string>

namespace switchhook::sip::transport_log {

/// Makes sofia-sip's transport log come here instead of standard error.
void install();
/// What was wrong with the last certificate that was refused on this thread: which, and why. Empty
/// when none was since the last call.
[[nodiscard]] std::string take_complaint();
/// The words for what the library logs; for install() and its tests.
void read(const std::string& logged);

}  // namespace switchhook::sip::transport_log
