// SPDX-License-Identifier: Apache-2.0
// TLS between two providers: certificates that are good, and what is said of those that are not.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <thread>

#include "tests/sip/certificates.hpp"
#include "tests/sip/far_end.hpp"
#include "tests/sip/harness.hpp"
#include "tests/sip/name_server.hpp"
#include "tests/sip/scripted.hpp"

namespace switchhook::sip::test {
namespace {

using provider::CallRef;

const std::string kName = "far.test", kThird = "third.test";

Config tls_config(const TempDir& folder) {
  Config config = test_config();
  config.udp = config.tcp = false;
  config.tls = true;
  config.tls_port = 0;
  config.tls_folder = folder.path();
  for (LineConfig& line : config.lines) line.transport = Transport::tls;
  return config;
}

/// One provider calls another by TLS.
class SipTls : public testing::Test {
 protected:
  SipTls()
      : names_({.addresses = {{kName, {"127.0.0.1"}}, {kThird, {"127.0.0.1"}}}, .services = {}}) {
    ours_.equip(near_folder_.path(), "near.test", ours_);
    ours_.equip(far_folder_.path(), kName, ours_);
  }
  void start(bool check_client = false) {
    Config near = tls_config(near_folder_), far = tls_config(far_folder_);
    near.resolver_file = far.resolver_file = names_.resolver_file();
    far.tls_check_client = check_client;
    near_ = std::make_unique<Bench>(near);
    far_ = std::make_unique<Bench>(far);
    ASSERT_EQ(near_->start_error(), "");
    ASSERT_EQ(far_->start_error(), "");
  }
  CallRef call() {
    return near_->make_call(kAlice, "sip:bob@" + kName + ":" + std::to_string(far_->port()));
  }
  /// A call goes through and is hung up.
  void expect_call() {
    const CallRef caller = call(), callee = far_->incoming(kBob);
    ASSERT_FALSE(far_->answer(callee));
    ASSERT_TRUE(near_->reaches(caller, CallState::connected));
    EXPECT_FALSE(near_->drop(caller));
    EXPECT_EQ(near_->ended(caller).confirmation, Confirmation::confirmed);
    EXPECT_EQ(far_->cause(callee).mode, DisconnectMode::normal);
    near_->expect_empty();
    far_->expect_empty();
  }
  /// No call comes through, and the caller is told why.
  void expect_refusal(const std::string& words) {
    const CallRef caller = call();
    const Cause cause = near_->cause(caller);
    EXPECT_EQ(cause.mode, DisconnectMode::unreachable);
    EXPECT_NE(cause.words.find(words), std::string::npos) << cause.words;
    near_->expect_empty();
    far_->expect_empty();
  }

  TempDir near_folder_, far_folder_;
  Issuer ours_, strange_;
  NameServer names_;
  std::unique_ptr<Bench> near_, far_;
};

TEST_F(SipTls, ACallGoesThroughWithGoodCertificates) {
  ASSERT_NO_FATAL_FAILURE(start());
  expect_call();
}

TEST_F(SipTls, ACallGoesThroughWhenBothShowCertificates) {
  ASSERT_NO_FATAL_FAILURE(start(true));
  expect_call();
}

/// A peer that speaks TLS 1.2 with these ciphers alone; no rules of ours hold for it.
struct PlainPeer {
  PlainPeer(const SSL_METHOD* method, const char* ciphers, const std::string& folder = {})
      : context(SSL_CTX_new(method)) {
    SSL_CTX_set_security_callback(
        context, [](const SSL*, const SSL_CTX*, int, int, int, void*, void*) { return 1; });
    SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
    EXPECT_EQ(SSL_CTX_set_cipher_list(context, ciphers), 1);
    if (folder.empty()) return;
    const std::string pem = folder + "/agent.pem";
    EXPECT_EQ(SSL_CTX_use_certificate_file(context, pem.c_str(), SSL_FILETYPE_PEM), 1);
    EXPECT_EQ(SSL_CTX_use_PrivateKey_file(context, pem.c_str(), SSL_FILETYPE_PEM), 1);
  }
  ~PlainPeer() { SSL_CTX_free(context); }
  PlainPeer(const PlainPeer&) = delete;
  PlainPeer& operator=(const PlainPeer&) = delete;
  /// Shakes hands on the connection. The cipher; empty = refused.
  std::string handshake(int socket, bool connects) const {
    SSL* ssl = SSL_new(context);
    SSL_set_fd(ssl, socket);
    const bool good = (connects ? SSL_connect(ssl) : SSL_accept(ssl)) == 1;
    std::string cipher = good ? SSL_get_cipher_name(ssl) : "";
    SSL_free(ssl);
    return cipher;
  }
  SSL_CTX* context;
};
constexpr const char* kWithoutSecrecy = "AES128-SHA:AES256-SHA:AES128-GCM-SHA256:AES256-GCM-SHA384";
constexpr const char* kWithSecrecy = "ECDHE+AESGCM";

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

/// With a key of RSA, which ciphers without forward secrecy need.
class SipTlsSecrecy : public SipTls {
 protected:
  SipTlsSecrecy() { ours_.equip(far_folder_.path(), kName, ours_, 30, true); }
};

/// So what refuses them below is our rule, and nothing else.
TEST_F(SipTlsSecrecy, IsNotThereBetweenPeersThatDoNotAskForIt) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  const PlainPeer one(TLS_client_method(), kWithoutSecrecy);
  const PlainPeer other(TLS_server_method(), kWithoutSecrecy, far_folder_.path());
  std::thread answering([&] { EXPECT_NE(other.handshake(ends[1], false), ""); });
  EXPECT_NE(one.handshake(ends[0], true), "");
  answering.join();
  for (const int end : ends) ::close(end);
}

TEST_F(SipTlsSecrecy, WhoConnectsMustUseAKeyExchangeWithForwardSecrecy) {
  ASSERT_NO_FATAL_FAILURE(start());
  const auto connects_with = [&](const char* ciphers) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(far_->port());
    EXPECT_EQ(::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    std::string cipher = PlainPeer(TLS_client_method(), ciphers).handshake(socket, true);
    ::close(socket);
    return cipher;
  };
  EXPECT_EQ(connects_with(kWithoutSecrecy), "");
  EXPECT_NE(connects_with(kWithSecrecy), "") << "TLS 1.2 itself is spoken";
}

TEST_F(SipTlsSecrecy, WhomWeCallMustUseAKeyExchangeWithForwardSecrecy) {
  ASSERT_NO_FATAL_FAILURE(start());
  const auto answers_with = [&](const char* ciphers) {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener, 1), 0);
    EXPECT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
    const CallRef caller = near_->make_call(
        kAlice, "sip:bob@" + kName + ":" + std::to_string(ntohs(address.sin_port)));
    const int socket = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    std::string cipher =
        PlainPeer(TLS_server_method(), ciphers, far_folder_.path()).handshake(socket, false);
    ::close(socket);
    ::close(listener);
    EXPECT_FALSE(near_->drop(caller));
    near_->close(caller);
    return cipher;
  };
  EXPECT_EQ(answers_with(kWithoutSecrecy), "");
  EXPECT_NE(answers_with(kWithSecrecy), "") << "TLS 1.2 itself is spoken";
}

/// A socket that listens on loopback.
struct Listener {
  Listener() : socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(socket, 1), 0);
    EXPECT_EQ(::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size), 0);
    port = ntohs(address.sin_port);
  }
  ~Listener() { ::close(socket); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  [[nodiscard]] int accept() const { return ::accept4(socket, nullptr, nullptr, SOCK_CLOEXEC); }
  int socket;
  std::uint16_t port = 0;
};

/// With UDP and TCP beside it, by which a URI without a transport would go.
TEST_F(SipTls, AnAccountRegistersByTlsAlthoughItsRegistrarNamesNoTransport) {
  ASSERT_NO_FATAL_FAILURE(start());
  Config config = tls_config(near_folder_);
  config.udp = config.tcp = true;
  config.resolver_file = names_.resolver_file();
  config.lines.resize(1);
  config.lines[kAlice].mode = LineMode::account;
  config.lines[kAlice].registrar = "sip:" + kName + ":" + std::to_string(far_->port());
  Bench account(config);
  EXPECT_TRUE(account.events().wait([](const std::vector<provider::Event>& events) {
    for (const provider::Event& event : events)
      if (const auto* status = std::get_if<provider::LineStatus>(&event);
          status != nullptr && status->status.find("405") != std::string::npos)
        return true;
    return false;
  })) << "the far end's answer: it listens by TLS only";
}

/// Its Contact has no transport, which means UDP.
TEST_F(SipTls, WhatBeganByTlsStaysWithItWhateverAContactSays) {
  ASSERT_NO_FATAL_FAILURE(start());
  const Listener listener;
  const CallRef call =
      near_->make_call(kAlice, "sip:bob@" + kName + ":" + std::to_string(listener.port));
  const int socket = listener.accept();
  const PlainPeer peer(TLS_server_method(), kWithSecrecy, far_folder_.path());
  SSL* ssl = SSL_new(peer.context);
  SSL_set_fd(ssl, socket);
  ASSERT_EQ(SSL_accept(ssl), 1);
  const auto receive = [&](const std::string& method) {
    std::string text(65536, '\0');
    do {
      text.resize(65536);
      const int size = SSL_read(ssl, text.data(), static_cast<int>(text.size()));
      text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    } while (!text.empty() && !is_request(text, method));
    return text;
  };
  FarEnd words(FarEnd::By::udp);  // whose Contact is a bare address by UDP
  const auto reply = [&](const std::string& request, bool sdp) {
    std::string text = words.response(request, 200, sdp);
    EXPECT_EQ(SSL_write(ssl, text.data(), static_cast<int>(text.size())),
              static_cast<int>(text.size()));
  };
  reply(receive("INVITE"), true);
  EXPECT_NE(receive("ACK"), "");
  EXPECT_TRUE(near_->reaches(call, CallState::connected));
  EXPECT_FALSE(near_->drop(call));
  reply(receive("BYE"), false);
  EXPECT_EQ(near_->ended(call).confirmation, Confirmation::confirmed);
  EXPECT_EQ(words.receive(1), "") << "nothing in the clear";
  SSL_free(ssl);
  ::close(socket);
  near_->expect_empty();
}

TEST_F(SipTls, AFailedHandshakeIsCalledSo) {
  ASSERT_NO_FATAL_FAILURE(start());
  const Listener listener;
  const CallRef call =
      near_->make_call(kAlice, "sip:bob@" + kName + ":" + std::to_string(listener.port));
  const int socket = listener.accept();
  const std::string garbage = "HTTP/1.0 400 Bad Request\r\n\r\n";
  EXPECT_EQ(::send(socket, garbage.data(), garbage.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(garbage.size()));
  EXPECT_NE(near_->cause(call).words.find("the TLS handshake failed"), std::string::npos)
      << near_->cause(call).words;
  ::close(socket);
  near_->expect_empty();
}

TEST_F(SipTls, ALineByTlsCallsNobodyInTheClear) {
  ASSERT_NO_FATAL_FAILURE(start());
  const CallRef call = near_->make_call_async(kAlice, "sip:bob@" + kName + ";transport=udp");
  const std::optional<Error> error = near_->completion(near_->last_request());
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, Errc::unsupported);
  near_->close(call);
}

TEST_F(SipTls, EveryRequestOfTheCalledSideGoesBackOverTheCallersConnection) {
  // The caller's Contact is a bare address, for which it has no certificate: nothing else works.
  ASSERT_NO_FATAL_FAILURE(start());
  const CallRef caller = call(), callee = far_->incoming(kBob);
  ASSERT_FALSE(far_->answer(callee));
  ASSERT_TRUE(near_->reaches(caller, CallState::connected));
  ASSERT_TRUE(far_->reaches(callee, CallState::connected));
  EXPECT_FALSE(far_->hold(callee));  // its ACK, too
  EXPECT_FALSE(far_->unhold(callee));
  EXPECT_FALSE(far_->drop(callee));
  EXPECT_EQ(far_->ended(callee).confirmation, Confirmation::confirmed);
  EXPECT_EQ(near_->cause(caller).mode, DisconnectMode::normal);
  near_->expect_empty();
  far_->expect_empty();
}

/// Three of us: the second asks the first, which follows, to go to the third.
class SipTlsFollow : public SipTls {
 protected:
  SipTlsFollow() {
    Config near = tls_config(near_folder_), far = tls_config(far_folder_);
    Config third = tls_config(third_folder_);
    for (LineConfig& line : near.lines) line.refer = ReferPolicy::follow;
    near.resolver_file = far.resolver_file = third.resolver_file = names_.resolver_file();
    ours_.equip(third_folder_.path(), kThird, ours_);
    near_ = std::make_unique<Bench>(near);
    far_ = std::make_unique<Bench>(far);
    third_ = std::make_unique<Bench>(third);
    EXPECT_EQ(near_->start_error() + far_->start_error() + third_->start_error(), "");
    caller_ = call();
    callee_ = far_->incoming(kBob);
    EXPECT_FALSE(far_->answer(callee_));
    EXPECT_TRUE(near_->reaches(caller_, CallState::connected));
    EXPECT_TRUE(far_->reaches(callee_, CallState::connected));
    EXPECT_FALSE(far_->hold(callee_));  // waits for the ACK, without which nothing is transferred
    EXPECT_FALSE(far_->unhold(callee_));
  }
  void refer() {
    request_ = far_->next_request();
    far_->submit(
        provider::Transfer{.call = callee_,
                           .request = request_,
                           .address = "sips:bob@" + kThird + ":" + std::to_string(third_->port()),
                           .with = {}});
  }
  void expect_empty() {
    for (Bench* bench : {near_.get(), far_.get(), third_.get()}) bench->expect_empty();
  }

  TempDir third_folder_;
  std::unique_ptr<Bench> third_;
  CallRef caller_, callee_;
  provider::RequestNumber request_ = 0;
};

TEST_F(SipTlsFollow, TheCallGoesOnWithTheOneThatItWasReferredTo) {
  const std::vector<CallState> before = near_->states(caller_);
  refer();
  const CallRef taken = third_->incoming(kBob);
  ASSERT_FALSE(third_->answer(taken));
  EXPECT_FALSE(far_->completion(request_)) << "the one that asked has heard that it went well";
  ASSERT_TRUE(third_->reaches(taken, CallState::connected));
  EXPECT_FALSE(far_->drop(callee_));
  EXPECT_EQ(far_->ended(callee_).confirmation, Confirmation::confirmed);
  EXPECT_EQ(near_->states(caller_), before) << "connected it was and is";
  EXPECT_FALSE(near_->drop(caller_));
  EXPECT_EQ(near_->ended(caller_).confirmation, Confirmation::confirmed);
  EXPECT_EQ(third_->cause(taken).mode, DisconnectMode::normal);
  EXPECT_EQ(near_->count_ended(caller_), 1u);
  expect_empty();
}

TEST_F(SipTlsFollow, ACertificateThatIsNotGoodFailsTheTransferAndLeavesTheCall) {
  strange_.equip(third_folder_.path(), kThird, ours_);
  third_.reset();
  Config third = tls_config(third_folder_);
  third_ = std::make_unique<Bench>(third);
  ASSERT_EQ(third_->start_error(), "");
  refer();
  const std::optional<Error> error = far_->completion(request_);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, Errc::failed) << error->text();
  EXPECT_EQ(near_->states(caller_).back(), CallState::connected);
  EXPECT_FALSE(far_->drop(callee_));
  EXPECT_EQ(near_->cause(caller_).mode, DisconnectMode::normal);
  expect_empty();
}

TEST_F(SipTls, AnExpiredCertificateIsRefusedAndSaidSo) {
  ours_.equip(far_folder_.path(), kName, ours_, -3);
  ASSERT_NO_FATAL_FAILURE(start());
  expect_refusal("certificate has expired");
}

TEST_F(SipTls, AnUnknownIssuerIsRefusedAndSaidSo) {
  strange_.equip(far_folder_.path(), kName, ours_);
  ASSERT_NO_FATAL_FAILURE(start());
  expect_refusal("issuer");
}

TEST_F(SipTls, ACertificateForAnotherNameIsRefusedAndSaidSo) {
  ours_.equip(far_folder_.path(), "other.test", ours_);
  ASSERT_NO_FATAL_FAILURE(start());
  expect_refusal("certificate is not for " + kName);
}

TEST_F(SipTls, AClientWithoutAGoodCertificateIsRefusedWhereOneIsAskedFor) {
  strange_.equip(near_folder_.path(), "near.test", ours_);
  ASSERT_NO_FATAL_FAILURE(start(true));
  const CallRef caller = call();
  EXPECT_EQ(near_->cause(caller).mode, DisconnectMode::unreachable);
  near_->expect_empty();
  far_->expect_empty();
}

TEST_F(SipTls, ABadCertificateHarmsNoOtherCall) {
  ASSERT_NO_FATAL_FAILURE(start());
  const CallRef caller = call(), callee = far_->incoming(kBob);
  ASSERT_FALSE(far_->answer(callee));
  ASSERT_TRUE(near_->reaches(caller, CallState::connected));
  TempDir folder;
  strange_.equip(folder.path(), kName, ours_);
  Config config = tls_config(folder);
  Bench bad(config);
  const CallRef other =
      near_->make_call(kAlice, "sip:bob@" + kName + ":" + std::to_string(bad.port()));
  EXPECT_EQ(near_->cause(other).mode, DisconnectMode::unreachable);
  EXPECT_EQ(near_->states(caller).back(), CallState::connected);
  EXPECT_FALSE(far_->drop(callee));
  EXPECT_EQ(near_->cause(caller).mode, DisconnectMode::normal);
  near_->expect_empty();
  far_->expect_empty();
}

TEST_F(SipTls, AKeyThatIsNoneStopsTheStart) {
  std::filesystem::copy_file(near_folder_.path() / "cafile.pem", near_folder_.path() / "agent.pem",
                             std::filesystem::copy_options::overwrite_existing);
  Bench bench(tls_config(near_folder_));
  EXPECT_NE(bench.start_error().find("agent.pem"), std::string::npos) << bench.start_error();
}

TEST_F(SipTls, AFolderWithoutCertificatesStopsTheStart) {
  TempDir empty;
  Bench bench(tls_config(empty));
  EXPECT_NE(bench.start_error().find("agent.pem"), std::string::npos) << bench.start_error();
}

}  // namespace
}  // namespace switchhook::sip::test
