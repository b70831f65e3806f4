// SPDX-License-Identifier: Apache-2.0
#include "providers/sip/net/forward_secrecy.hpp"

#include <openssl/objects.h>
#include <openssl/ssl.h>

#include <atomic>

namespace switchhook::sip::net {
namespace {

using Rule = int (*)(const SSL*, const SSL_CTX*, int, int, int, void*, void*);
// The rule that every context begins with: all write the same, on the thread of their provider.
std::atomic<Rule> level_of_openssl = nullptr;

bool has_forward_secrecy(const SSL_CIPHER* cipher) {
  switch (SSL_CIPHER_get_kx_nid(cipher)) {
    case NID_kx_ecdhe:
    case NID_kx_dhe:
    case NID_kx_any:  // TLS 1.3
      return true;
    default:
      return false;
  }
}

int rule(const SSL* ssl, const SSL_CTX* context, int operation, int bits, int number, void* other,
         void* extra) {
  switch (operation) {
    case SSL_SECOP_CIPHER_SUPPORTED:
    case SSL_SECOP_CIPHER_SHARED:
    case SSL_SECOP_CIPHER_CHECK:
      if (!has_forward_secrecy(static_cast<const SSL_CIPHER*>(other))) return 0;
      break;
    default:
      break;
  }
  return level_of_openssl.load()(ssl, context, operation, bits, number, other, extra);
}

void on_new_context(void* context, void*, CRYPTO_EX_DATA*, int, long, void*) {
  auto* its = static_cast<SSL_CTX*>(context);
  level_of_openssl = SSL_CTX_get_security_callback(its);
  SSL_CTX_set_security_callback(its, rule);
}

}  // namespace

bool require_forward_secrecy() {
  static const bool good =
      SSL_CTX_get_ex_new_index(0, nullptr, on_new_context, nullptr, nullptr) >= 0;
  return good;
}

}  // namespace switchhook::sip::net
