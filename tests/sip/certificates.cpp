// SPDX-License-Identifier: Apache-2.0
#include "tests/sip/certificates.hpp"

#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstdio>

namespace switchhook::sip::test {
namespace {

constexpr long kDay = 86400;

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
  void operator()(std::FILE* file) const { std::fclose(file); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

Owned<EVP_PKEY> new_key(bool rsa = false) {
  return Owned<EVP_PKEY>(rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256"));
}

void extend(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Owned<X509_EXTENSION> extension(
      X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  ASSERT_NE(extension, nullptr) << value;
  X509_add_ext(certificate, extension.get(), -1);
}

/// `issuer` is null for one that signs itself.
Owned<X509> certify(EVP_PKEY* key, const std::string& name, X509* issuer, EVP_PKEY* issuer_key,
                    int days) {
  static long serial = 0;
  Owned<X509> out(X509_new());
  X509_set_version(out.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(out.get()), ++serial);
  const long from = days < 0 ? days * kDay - kDay : -kDay;
  X509_gmtime_adj(X509_getm_notBefore(out.get()), from);
  X509_gmtime_adj(X509_getm_notAfter(out.get()), days * kDay);
  X509_set_pubkey(out.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(out.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509* by = issuer != nullptr ? issuer : out.get();
  X509_set_issuer_name(out.get(), X509_get_subject_name(by));
  if (issuer == nullptr) {
    extend(out.get(), by, NID_basic_constraints, "critical,CA:TRUE");
  } else {
    extend(out.get(), by, NID_subject_alt_name, "DNS:" + name);
  }
  X509_sign(out.get(), issuer_key, EVP_sha256());
  return out;
}

Owned<std::FILE> create(const std::filesystem::path& file) {
  return Owned<std::FILE>(std::fopen(file.c_str(), "we"));
}

}  // namespace

struct Issuer::State {
  Owned<EVP_PKEY> key = new_key();
  Owned<X509> certificate = certify(key.get(), "Test issuer", nullptr, key.get(), 365);
};

Issuer::Issuer() : state_(std::make_unique<State>()) {}
Issuer::~Issuer() = default;

void Issuer::equip(const std::filesystem::path& folder, const std::string& name,
                   const Issuer& trusted, int days, bool rsa) const {
  const Owned<EVP_PKEY> key = new_key(rsa);
  const Owned<X509> mine =
      certify(key.get(), name, state_->certificate.get(), state_->key.get(), days);
  const Owned<std::FILE> agent = create(folder / "agent.pem");
  PEM_write_PrivateKey(agent.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  PEM_write_X509(agent.get(), mine.get());
  const Owned<std::FILE> issuers = create(folder / "cafile.pem");
  PEM_write_X509(issuers.get(), trusted.state_->certificate.get());
}

}  // namespace switchhook::sip::test
