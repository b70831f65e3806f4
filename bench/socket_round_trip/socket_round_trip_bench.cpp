// SPDX-License-Identifier: Apache-2.0
// One request and its reply through the daemon's Unix socket, against a bare echo of as many bytes
// over the same kind of socket, one at a time, in the same run. The echo, like the request, is
// waited for on another thread than the one that reads the socket, in one of its two forms.
//   bench_socket_round_trip SOCKET [REQUESTS]
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "bench/support/bench.hpp"
#include "client/attachment.hpp"
#include "rpc/client.hpp"

namespace {

using namespace switchhook;  // NOLINT: a program of one page

constexpr std::size_t kBytes = 64;  // about what a small request and its reply take

struct Times {
  double p50 = 0, p99 = 0;  // microseconds
};

template <typename Once>
Times measure(int count, Once once) {
  std::vector<double> taken;
  taken.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count / 10; ++i) once();  // warm up
  for (int i = 0; i < count; ++i) {
    const bench::Watch watch;
    once();
    taken.push_back(watch.seconds() * 1e6);
  }
  std::sort(taken.begin(), taken.end());
  return {taken[taken.size() / 2], taken[taken.size() * 99 / 100]};
}

/// A thread at the other end that sends back what it gets.
class Echo {
 public:
  Echo() {
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends_.data()) != 0) std::abort();
    thread_ = std::thread([this] {
      std::array<char, kBytes> bytes{};
      for (;;) {
        const auto got = read(ends_[1], bytes.data(), bytes.size());
        if (got <= 0 || write(ends_[1], bytes.data(), static_cast<std::size_t>(got)) != got) return;
      }
    });
  }
  ~Echo() {
    shutdown(ends_[0], SHUT_RDWR);
    thread_.join();
    for (const int end : ends_) close(end);
  }
  [[nodiscard]] int end() const { return ends_[0]; }

 private:
  std::array<int, 2> ends_{};
  std::thread thread_;
};

Times bare_echo(int count) {
  Echo echo;
  std::array<char, kBytes> bytes{};
  return measure(count, [&] {
    if (write(echo.end(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()) ||
        read(echo.end(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
      std::abort();
  });
}

/// With a thread that reads and wakes the one that waits, as every client with events needs it.
Times echo_with_reader(int count) {
  Echo echo;
  std::mutex mutex;
  std::condition_variable ready;
  int replies = 0, wanted = 0;
  std::thread reader([&] {
    std::array<char, kBytes> bytes{};
    while (read(echo.end(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size())) {
      {
        const std::scoped_lock lock(mutex);
        ++replies;
      }
      ready.notify_one();
    }
  });
  const std::array<char, kBytes> bytes{};
  const Times times = measure(count, [&] {
    ++wanted;
    if (write(echo.end(), bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
      std::abort();
    std::unique_lock lock(mutex);
    ready.wait(lock, [&] { return replies == wanted; });
  });
  shutdown(echo.end(), SHUT_RDWR);
  reader.join();
  return times;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: bench_socket_round_trip SOCKET [REQUESTS]\n");
    return 2;
  }
  const int count = argc > 2 ? std::atoi(argv[2]) : 50'000;
  const std::string path = argv[1];
  auto client = client::Attachment::attached(
      [&](api::ServiceSink& sink) {
        return rpc::connect(
            {.name = "bench", .socket = path, .token_file = {}, .start_service = false}, sink);
      },
      {});
  if (!client) {
    std::fprintf(stderr, "bench_socket_round_trip: %s\n", client.error().text().c_str());
    return 1;
  }
  const Times echo = bare_echo(count);
  const Times reader = echo_with_reader(count);
  const Times daemon = measure(count, [&] {
    if (!(*client)->call(api::GetLineStatus{0})) std::abort();
  });
  std::printf("one at a time, %d each, microseconds    p50     p99\n", count);
  std::printf("  bare echo                          %6.1f  %6.1f\n", echo.p50, echo.p99);
  std::printf("  bare echo, read on another thread  %6.1f  %6.1f\n", reader.p50, reader.p99);
  std::printf("  request and reply                  %6.1f  %6.1f\n", daemon.p50, daemon.p99);
  std::printf("  ratio to the echo %.2f (goal 1.5), to the one with a reader %.2f\n",
              daemon.p50 / echo.p50, daemon.p50 / reader.p50);
  return 0;
}
