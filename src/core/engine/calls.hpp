// SPDX-License-Identifier: Apache-2.0
#pragma once

// What applications ask of calls and only the provider can do: each such request that passes its
// checks is accepted, handed on, and completed exactly once, unless closing the line suppresses it.
// Threads: the engine's.

#include "core/engine/step.hpp"

namespace switchhook::core {

void command(Step& step, const Ask& ask, api::MakeCall& what);
void command(Step& step, const Ask& ask, api::TransferCall& what);
void command(Step& step, const Ask& ask, api::DropCall& what);
void command(Step& step, const Ask& ask, api::SendDigits& what);

/// A command that is only forwarded: what the table of a session's life is asked, the command that
/// the provider gets, and the request that is booked.
template <SessionInput kInput, typename Sent, RequestKind kKind = RequestKind::forwarded,
          SessionInput kOfTheOther = kInput>
struct Row {
  static constexpr SessionInput kAsksOther = kOfTheOther;  ///< where the command names two calls
  static constexpr SessionInput kAsks = kInput;
  static constexpr RequestKind kBooks = kKind;
  using ToProvider = Sent;
};
template <typename Command>
struct Forward {};
template <>
struct Forward<api::AcceptCall> : Row<SessionInput::ask_accept, provider::Accept> {};
template <>
struct Forward<api::AnswerCall>
    : Row<SessionInput::ask_answer, provider::Answer, RequestKind::answer> {};
template <>
struct Forward<api::HoldCall> : Row<SessionInput::ask_hold, provider::Hold> {};
template <>
struct Forward<api::UnholdCall> : Row<SessionInput::ask_unhold, provider::Unhold> {};
template <>
struct Forward<api::SwapHold> : Row<SessionInput::ask_swap, provider::Swap, RequestKind::forwarded,
                                    SessionInput::ask_swap_held> {};

/// The second call of a command that names two.
struct OtherCall {
  api::CallId call;
  SessionInput asks;
  Session* session = nullptr;  ///< (ref) once it was found
};

/// Checks what is only forwarded and books the request; null when it was refused.
/// @param user_info, site, other  what the command has of these; null = it cannot have any
Request* book_forwarded(Step& step, const Ask& ask, api::CallId call, SessionInput asks,
                        RequestKind books, const UserInfo* user_info, const std::string* site,
                        OtherCall* other);

template <typename Command>
requires requires {
  Forward<Command>::kAsks;
}
void command(Step& step, const Ask& ask, Command& what) {
  const UserInfo* user_info = nullptr;
  const std::string* site = nullptr;
  if constexpr (requires { what.user_info; }) user_info = &what.user_info;
  if constexpr (requires { what.site; }) site = &what.site;
  OtherCall second{{}, Forward<Command>::kAsksOther};
  OtherCall* other = nullptr;
  if constexpr (requires { what.with; }) second.call = what.with, other = &second;
  const Request* request = book_forwarded(step, ask, what.call, Forward<Command>::kAsks,
                                          Forward<Command>::kBooks, user_info, site, other);
  if (request == nullptr) return;
  typename Forward<Command>::ToProvider sent{request->session->ref, request->id.value};
  if constexpr (requires { sent.with; }) sent.with = second.session->ref;
  if constexpr (requires { sent.user_info; }) sent.user_info = std::move(what.user_info);
  step.to_provider(*request->session->line->provider, std::move(sent));
}

/// The provider has answered MakeCall.
void made(Step& step, Request& request, std::optional<Error>& error);
/// The provider did not say in time what became of a transfer.
void transfer_due(Step& step, Session& session);
/// All digits are sent, or no more will be.
void digits_done(Step& step, Request& request, bool cancelled);
/// The provider has answered a request.
void completed(Step& step, Request& request, std::optional<Error>& error);

}  // namespace switchhook::core
