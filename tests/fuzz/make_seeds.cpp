// SPDX-License-Identifier: Apache-2.0
// Writes the seeds that no editor can write: make_seeds FOLDER, the corpus. Run it again after the
// protocol or the store changed, and keep the old ones: they are what an older version says.
#include <sqlite3.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "daemon/database.hpp"
#include "daemon/tail.hpp"
#include "rpc/codec.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/unit/rpc/repeated_part.hpp"
#include "tests/unit/rpc/samples.hpp"

namespace {

using namespace switchhook;  // NOLINT: a program of one page
namespace fs = std::filesystem;

void write(const fs::path& path, const rpc::Bytes& bytes) {
  fs::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
}

void frames(const fs::path& folder) {
  rpc::Encoder encoder;
  const auto each = [&](const char* kind, const auto& all, const auto& encode) {
    std::size_t number = 0;
    for (const auto& value : all) {
      rpc::Bytes bytes;
      encode(value, bytes);
      write(folder / (kind + std::string("-") + std::to_string(number++)), bytes);
    }
  };
  each("command", test::all_of<api::Command>(), [&](const auto& command, rpc::Bytes& bytes) {
    static_cast<void>(encoder.append(1, command, bytes));
  });
  each("value", test::all_of<api::Value>(), [&](const auto& value, rpc::Bytes& bytes) {
    encoder.append(api::Reply{1, false, value}, bytes);
  });
  each("event", test::all_of<api::Event>(),
       [&](const auto& event, rpc::Bytes& bytes) { encoder.append(event, bytes); });
  rpc::Bytes hello;
  encoder.append(rpc::Hello{.application = "seed", .process = 1, .library = "0"}, hello);
  write(folder / "hello", hello);
  write(folder / "repeated-opening", test::repeated_opening(400, 2000));
  write(folder / "repeated-line", test::repeated_line(600, 1500));
  write(folder / "record", rpc::encode_record(test::filled<Record>()));
}

/// Lists of commands, with time between them.
class Requests {
 public:
  Requests& ask(const api::Command& command) {
    fuzz::require(static_cast<bool>(encoder_.append(++number_, command, bytes_)),
                  "a seed is valid");
    return *this;
  }
  Requests& wait(unsigned ms) {
    bytes_.push_back(static_cast<std::uint8_t>(0x80 | ms / 50));
    return *this;
  }
  Requests& open(api::LineId line) {
    return ask(api::OpenLine{line, static_cast<std::uint8_t>(Privilege::owner), media::kVoice});
  }
  Requests& make(const char* number) {
    return ask(api::MakeCall{.open = api::OpenId{0}, .address = number});
  }
  [[nodiscard]] const rpc::Bytes& bytes() const { return bytes_; }

 private:
  rpc::Encoder encoder_;
  api::RequestId number_ = 0;
  rpc::Bytes bytes_;
};

void requests(const fs::path& folder) {
  const api::CallId call{0};
  Requests whole, refused, offered, races, questions;
  whole.open(0)
      .make("200")
      .wait(2000)
      .ask(api::HoldCall{call})
      .wait(100)
      .ask(api::UnholdCall{call});
  whole.ask(api::DropCall{call}).wait(500).ask(api::GetCall{call}).ask(api::ReleaseCall{call});
  write(folder / "whole-life", whole.bytes());
  refused.open(0).make("202").wait(3000).ask(api::DropCall{call}).ask(api::ReleaseCall{call});
  refused.ask(api::CloseLine{api::OpenId{0}}).ask(api::ShutDown{});
  write(folder / "refused", refused.bytes());
  offered.open(0).open(1).make("101").wait(500).ask(api::AnswerCall{api::CallId{1}, {}}).wait(500);
  offered.ask(api::SendDigits{.call = call, .digits = "12#"}).wait(1000);
  offered.ask(api::HandOff{call, "polite", 0}).ask(api::SetPrivilege{call, Privilege::monitor});
  write(folder / "between-lines", offered.bytes());
  races.open(0).make("200").ask(api::DropCall{call}).ask(api::DropCall{call});
  races.ask(api::ReleaseCall{call}).ask(api::ReleaseCall{call}).make("203").wait(50);
  races.ask(api::CloseLine{api::OpenId{0}}).ask(api::GetCall{call});
  write(folder / "races", races.bytes());
  for (const api::Command& command : test::all_of<api::Command>())
    if (!std::holds_alternative<api::ShutDown>(command)) questions.ask(command).wait(50);
  write(folder / "every-command", questions.bytes());
}

rpc::Bytes with_kind(std::uint8_t kind, const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  rpc::Bytes bytes{kind};
  bytes.insert(bytes.end(), std::istreambuf_iterator<char>(file), {});
  return bytes;
}

void stores(const fs::path& folder) {
  const fs::path path =
      fs::temp_directory_path() / ("switchhook-seed-" + std::to_string(::getpid()));
  const auto sql = [&](const char* text) {
    sqlite3* database = nullptr;
    const bool good = sqlite3_open(path.c_str(), &database) == SQLITE_OK &&
                      sqlite3_exec(database, text, nullptr, nullptr, nullptr) == SQLITE_OK;
    sqlite3_close(database);
    fuzz::require(good, "the seed's SQL is right");
  };
  sql("PRAGMA page_size=512; CREATE TABLE x (y); DROP TABLE x");
  daemon::Batch batch;
  batch.rows.push_back(daemon::row_of(test::filled<Record>()));
  batch.journal[{1, "sip", 9}] = daemon::JournalRow{.session = 5, .line = "alice"};
  {
    Result<daemon::Database> database = daemon::Database::open(path.string());
    fuzz::require(database && database->begin_boot() && database->write(batch), "it is written");
  }
  sql("PRAGMA journal_mode=DELETE");
  write(folder / "version-2", with_kind(0, path));
  sql("DROP TABLE journal; DROP TABLE damaged; DROP TABLE lines; ALTER TABLE records DROP COLUMN "
      "sum; "
      "PRAGMA user_version=1; VACUUM");
  write(folder / "version-1", with_kind(0, path));
  sql("PRAGMA user_version=99");
  write(folder / "version-99", with_kind(0, path));
  sql("PRAGMA user_version=1; PRAGMA application_id=7");
  write(folder / "another-program", with_kind(0, path));
  fs::remove(path);
  {
    Result<daemon::Tail> tail = daemon::Tail::open(path.string());
    fuzz::require(static_cast<bool>(tail), "a tail opens");
    for (std::uint8_t kind = 1; kind <= 5; ++kind) {
      daemon::TailEntry entry{.kind = static_cast<daemon::TailEntry::Kind>(kind),
                              .sequence = kind,
                              .boot = 1,
                              .call = 9};
      entry.provider = "sip";
      entry.recovery = "what it takes";
      if (kind != 1) entry.record = rpc::encode_record(test::filled<Record>());
      fuzz::require(static_cast<bool>(tail->append(entry)), "an entry is appended");
    }
  }
  write(folder / "tail", with_kind(1, path.string() + "-tail0"));
  fs::remove(path.string() + "-tail0");
  fs::remove(path.string() + "-tail1");
  rpc::Bytes record{2};
  const rpc::Bytes encoded = rpc::encode_record(test::filled<Record>());
  record.insert(record.end(), encoded.begin(), encoded.end());
  write(folder / "row-1", record);
  record[0] = 3;
  write(folder / "row-2", record);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: make_seeds FOLDER\n");
    return 2;
  }
  const fs::path corpus = argv[1];
  frames(corpus / "frame");
  requests(corpus / "request");
  stores(corpus / "store");
  return 0;
}
