// SPDX-License-Identifier: Apache-2.0
#pragma once

// Certificates for tests, made when they are needed: an issuer, and what it issues, good or
// expired, for any name. Threads: one test thread. Ownership: an Issuer owns its key and
// certificate.

#include <filesystem>
#include <memory>
#include <string>

namespace switchhook::sip::test {

class Issuer {
 public:
  Issuer();
  ~Issuer();
  Issuer(const Issuer&) = delete;
  Issuer& operator=(const Issuer&) = delete;

  /// Writes agent.pem (key and certificate for `name`) and cafile.pem (of `trusted`) into `folder`.
  /// `days` is how long it is valid from yesterday on: negative = it was. The key is of P-256, or RSA.
  void equip(const std::filesystem::path& folder, const std::string& name, const Issuer& trusted,
             int days = 30, bool rsa = false) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace switchhook::sip::test
