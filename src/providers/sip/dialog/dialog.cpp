// SPDX-License-Identifier: Apache-2.0
#include "providers/sip/dialog/dialog.hpp"

#include <utility>

#include "base/cases.hpp"

namespace switchhook::sip {

Dialog::Dialog(const DialogId& id, const Parts& parts, std::unique_ptr<usage::Usage> usage,
               std::unique_ptr<Link> link)
    : id_(id),
      parts_(parts),
      line_(parts.line_calls.book()),
      booked_(parts.ledger.take(Resource::dialogs, taken_)),
      usage_(std::move(usage)),
      link_(std::move(link)) {}

void Dialog::apply(const usage::Input& input, const std::function<void()>& note,
                   usage::Outputs& reports, std::vector<usage::Input>& next) {
  usage::Outputs outputs;
  static_cast<void>(usage_->apply(input, outputs));
  note();
  for (usage::Output& output : outputs)
    std::visit(
        base::Cases{
            [&](usage::SendRequest& send) {
              count_transaction();
              if (!link_->send(send))
                next.emplace_back(
                    usage::TransportError{send.transaction, "the request cannot be sent"});
            },
            [&](usage::SendCancel& send) {
              count_transaction();
              link_->send(send);
            },
            [&](usage::SendAck& send) { link_->send(send); },
            [&](usage::SendResponse& send) { link_->send(send); },
            [&](usage::Forget& forget) { link_->forget(forget); },
            [&](usage::SetTimer& set) {
              const auto which = static_cast<std::uint8_t>(set.timer);
              const auto of = id_.of == DialogId::Of::call ? Timers::Of::dialog_of_call
                                                           : Timers::Of::dialog_of_orphan;
              alarms_[which] = {parts_.timers.set({of, id_.owner, id_.index, which}, set.after),
                                parts_.ledger.take(Resource::provider_timers, taken_)};
            },
            [&](usage::ClearTimer& clear) { timer_over(static_cast<std::uint8_t>(clear.timer)); },
            [&](auto& report) { reports.emplace_back(std::move(report)); },
        },
        output);
}

Result<void> Dialog::take_port(RtpPorts& ports) {
  if (port_) return {};
  Result<RtpPort> port = ports.take();
  if (!port) return std::move(port).error();
  port_.emplace(std::move(*port));
  port_booked_ = parts_.ledger.take(Resource::rtp_ports, taken_);
  descriptor_booked_ = parts_.ledger.take(Resource::descriptors, taken_);
  return {};
}

bool Dialog::noted() {
  return std::exchange(noted_, usage_->revision()) == usage_->revision();
}

}  // namespace switchhook::sip
