// SPDX-License-Identifier: Apache-2.0
#include "client/doorbell.hpp"

#include <cerrno>
#include <cstdint>

#include <sys/eventfd.h>
#include <unistd.h>

namespace switchhook::client {

std::unique_ptr<Doorbell> Doorbell::make() {
  const int descriptor = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (descriptor < 0) return nullptr;
  return std::unique_ptr<Doorbell>(new Doorbell(descriptor));  // NOLINT: private constructor
}

Doorbell::~Doorbell() {
  ::close(descriptor_);
}

void Doorbell::ring() const {
  const std::uint64_t one = 1;
  while (::write(descriptor_, &one, sizeof one) < 0 && errno == EINTR) {
  }
}

void Doorbell::silence() const {
  std::uint64_t count = 0;
  while (::read(descriptor_, &count, sizeof count) < 0 && errno == EINTR) {
  }
}

}  // namespace switchhook::client
