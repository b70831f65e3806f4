// SPDX-License-Identifier: Apache-2.0
#include "client/doorbell.hpp"

namespace switchhook::client {

std::unique_ptr<Doorbell> Doorbell::make() {
  return nullptr;
}

Doorbell::~Doorbell() = default;
void Doorbell::ring() const {}
void Doorbell::silence() const {}

}  // namespace switchhook::client
