// SPDX-License-Identifier: Apache-2.0
// A call of an application is transferred by its far end, through the whole daemon: the application
// keeps its identifier, sees who it talks with now, and gets one record; also when the daemon dies
// in the middle, with a dialog to each of the two.
#include <gtest/gtest.h>

#include "tests/sip/far_end.hpp"
#include "tests/support/daemon_process.hpp"
#include "tests/support/test_client.hpp"

namespace switchhook::sip::test {
namespace {

using switchhook::test::DaemonProcess;
using switchhook::test::eventually;
using switchhook::test::TestClient;

class DaemonFollow : public testing::Test {
 protected:
  DaemonFollow() {
    connect();
    const api::OpenId alice = app_->open("alice");
    call_ = app_->call(alice, far_.uri());
    invite_ = far_.receive_request("INVITE");
    far_.reply(invite_, 200, true);
    EXPECT_TRUE(app_->reaches(call_, CallState::connected));
    EXPECT_NE(far_.receive_request("ACK"), "");
  }
  void connect() { app_ = std::make_unique<TestClient>(daemon_.socket(), "app"); }
  /// As far as the INVITE to the other one.
  void refer() {
    const std::string contact = header(invite_, "Contact");
    std::string text = far_.request("REFER", contact.substr(1, contact.find('>') - 1),
                                    header(invite_, "To") + ";tag=far", header(invite_, "From"),
                                    header(invite_, "Call-ID"), 70);
    text.insert(text.find("Content-Length"), "Refer-To: <" + third_.uri() + ">\r\n");
    far_.send(text);
    const std::string answer = far_.receive_response("REFER");
    ASSERT_EQ(answer.substr(8, 3), "202") << answer;
    far_.reply(far_.receive_request("NOTIFY"), 200);
    referred_ = third_.receive_request("INVITE");
    ASSERT_NE(referred_, "");
  }
  [[nodiscard]] std::vector<Record> expect_one_record() {
    EXPECT_TRUE(eventually([&] { return app_->records().size() == 1; }));
    EXPECT_TRUE(eventually([&] { return app_->audit().clean(); }));
    return app_->records();
  }

  DaemonProcess daemon_{{.config = "[sip]\nport = 0\n[[sip.line]]\nname = \"alice\"\n"
                                   "transport = \"tcp\"\nrefer = \"follow\"\nt1_ms = 50\n"}};
  FarEnd far_{FarEnd::By::tcp}, third_{FarEnd::By::tcp};
  std::unique_ptr<TestClient> app_;
  api::CallId call_;
  std::string invite_, referred_;
};

TEST_F(DaemonFollow, TheApplicationKeepsItsCallAndSeesWhoItTalksWith) {
  const std::uint32_t number = app_->look(call_)->record.call_id;
  ASSERT_NO_FATAL_FAILURE(refer());
  third_.reply(referred_, 200, true);
  EXPECT_NE(third_.receive_request("ACK"), "");
  ASSERT_TRUE(eventually(
      [&] { return app_->look(call_)->record.parties.connected.address == third_.uri(); }));
  const Record now = app_->look(call_)->record;
  EXPECT_EQ(now.state, CallState::connected);
  EXPECT_EQ(now.call_id, number);
  EXPECT_EQ(now.parties.redirection.address, third_.uri());
  EXPECT_EQ(now.parties.redirecting.address.substr(0, 8), "sip:far@");
  EXPECT_EQ(now.provider_call_id, header(referred_, "Call-ID"));
  far_.reply(far_.receive_request("NOTIFY"), 200);
  far_.reply(far_.receive_request("BYE"), 200);  // ours, because the far end sends none

  ASSERT_TRUE(app_->post(api::DropCall{call_, DropReason::normal, {}}, [](auto) {}));
  third_.reply(third_.receive_request("BYE"), 200);
  ASSERT_TRUE(app_->reaches(call_, CallState::idle));
  const std::vector<Record> records = expect_one_record();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].end->confirmation, Confirmation::confirmed);
  EXPECT_EQ(records[0].parties.connected.address, third_.uri());
}

TEST_F(DaemonFollow, ADaemonThatDiesInTheMiddleEndsBothAndMakesOneRecord) {
  ASSERT_NO_FATAL_FAILURE(refer());
  third_.reply(referred_, 180);
  far_.reply(far_.receive_request("NOTIFY"), 200);
  daemon_.kill();
  app_.reset();
  daemon_.start();
  const std::string bye = far_.receive_request("BYE");
  EXPECT_EQ(header(bye, "Call-ID"), header(invite_, "Call-ID"));
  far_.reply(bye, 200);
  const std::string cancel = third_.receive_request("CANCEL");
  EXPECT_EQ(header(cancel, "Call-ID"), header(referred_, "Call-ID"));
  third_.reply(cancel, 200);
  third_.send(third_.response(referred_, 487));
  EXPECT_NE(third_.receive_request("ACK"), "");
  connect();
  const std::vector<Record> records = expect_one_record();
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].end->origin, EndOrigin::system);
  EXPECT_EQ(records[0].end->confirmation, Confirmation::confirmed);
}

}  // namespace
}  // namespace switchhook::sip::test
