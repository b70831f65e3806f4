// SPDX-License-Identifier: Apache-2.0
#pragma once

// TLS 1.2 is spoken only with key exchanges that have forward secrecy, as TLS 1.3 always is: who
// records connections and gets our key later reads none of them. sofia-sip chooses the list of
// ciphers by itself and gives nobody its contexts, so each context of this process gets a further
// rule when OpenSSL makes it. Threads: any. Ownership: none.

namespace switchhook::sip::net {

/// From now on, for both sides of every connection. Errors: false: OpenSSL has no memory.
[[nodiscard]] bool require_forward_secrecy();

}  // namespace switchhook::sip::net
