// SPDX-License-Identifier: Apache-2.0
#include "core/transition_table.hpp"

namespace switchhook::core {
namespace {

struct Row {
  SessionInput input;
  const char* cells;  // one letter for each standing, in the order of the enumeration; see Action
  const char* not_applicable;  // why, for the cells marked n
};

constexpr const char* kUnmade = "nobody has an identifier of a call that is being made";
constexpr const char* kMakeAnswered =
    "MakeCall is unanswered only while the call is being made, or idle because it was given up";
constexpr const char* kNoTimer = "the limit's timer was cleared when this was entered";

using enum SessionInput;

// clang-format off
constexpr Row kRows[] = {
//                      i o a d d p r b s c h c h h d u m c
//                      d f c i i r i u p o o o p p i n a u
//                      l f c a a o n s e n l n c t s k d t
//                      e e p l l c g y c n d f o r c n e
//                        r t t g e b   i   . . n a . .
//
// An application asks. Only an owner gets as far as this table with what needs an owner.
 {ask_accept,            "x f x x x x x x x x x x x x x x n x", kUnmade},
 {ask_answer,            "x f f x x x x x x x x x x x x x n x", kUnmade},
 {ask_drop,              "x D D D D D D D D D D D D D C D n C", kUnmade},
 {ask_hold,              "x x x x x x x x x f x x x x x x n x", kUnmade},
 {ask_unhold,            "x x x x x x x x x x f x f f x x n x", kUnmade},
 {ask_transfer,          "x x x x x x x x x f f x f f x x n x", kUnmade},
 {ask_swap,              "x x x x x x x x x f x x x x x x n x", kUnmade},
 {ask_swap_held,         "x x x x x x x x x x f x f f x x n x", kUnmade},
 {ask_send_digits,       "x x x x x x x x x f x f x x x x n x", kUnmade},
 {ask_monitor_digits,    "x o o o o o o o o o o o o o x o n x", kUnmade},
 {ask_hand_off,          "x o o o o o o o o o o o o o x o n x", kUnmade},
 {ask_give_up_ownership, "o x x x x x x x x x x x x x x x n x", kUnmade},
 {ask_set_app_specific,  "o o o o o o o o o o o o o o o o n o", kUnmade},
 {ask_release_user_info, "o o o o o o o o o o o o o o o o n o", kUnmade},
 {ask_information,       "o o o o o o o o o o o o o o o o n o", kUnmade},
 {ask_release,           "o o o o o o o o o o o o o o o o n o", kUnmade},
 {ask_release_pre_20,    "o x x x x x x x x x x x x x x x n x", kUnmade},
//
// Holders go. What is disconnected and has no owner to clear it is cleared by the engine.
 {owner_released,        "k k k k k k k k k k k k k k C k n C", kUnmade},
 {last_owner_gone,       "k D D D D D D D D D D D D D C D n C", kUnmade},
 {last_holder_gone,      "k X X X X X X X X X X X X X C X X C", nullptr},
//
// Rules strike.
 {nobody_owns,           "n D n n n n n n n n n n n n n n n n", "only an offered call needs an owner"},
 {no_answer_due,         "n Q Q Q Q Q Q n n n n n n n n Q n n", kNoTimer},
 {length_due,            "n Q Q Q Q Q Q Q Q Q Q Q Q Q n Q n n", kNoTimer},
 {make_overdue,          "n n n n n n n n n n n n n n n n X n", "MakeCall was answered before"},
 {drop_overdue,          "n i i i i i i i i i i i i i i i n k", "nothing is being dropped here"},
 {line_lost,             "k X X X X X X X X X X X X X C X X C", nullptr},
//
// The provider reports. Idle is never left, and disconnected only towards idle; between all other
// states there is no fixed order. A call that is being made has no state to report yet.
 {made,                  "k n n n n n n n n n n n n n n n B n", kMakeAnswered},
 {not_made,              "N n n n n n n n n n n n n n n n U n", kMakeAnswered},
 {report_idle,           "l i i i i i i i i i i i i i i i l a", nullptr},
 {report_offering,       "l e e e e e e e e e e e e e l e l l", nullptr},
 {report_accepted,       "l e e e e e e e e e e e e e l e l l", nullptr},
 {report_dialtone,       "l e e e e e e e e e e e e e l e l l", nullptr},
 {report_dialing,        "l e e e e e e e e e e e e e l e l l", nullptr},
 {report_proceeding,     "l e e e e e e e e e e e e e l e l l", nullptr},
 {report_ringback,       "l e e e e e e e e e e e e e l e l l", nullptr},
 {report_busy,           "l e e e e e e e e e e e e e l e l l", nullptr},
 {report_special_info,   "l e e e e e e e e e e e e e l e l l", nullptr},
 {report_connected,      "l e e e e e e e e e e e e e l e l l", nullptr},
 {report_on_hold,        "l e e e e e e e e e e e e e l e l l", nullptr},
 {report_conferenced,    "l e e e e e e e e e e e e e l e l l", nullptr},
 {report_on_hold_pending_conference,
                         "l e e e e e e e e e e e e e l e l l", nullptr},
 {report_on_hold_pending_transfer,
                         "l e e e e e e e e e e e e e l e l l", nullptr},
 {report_disconnected,   "l d d d d d d d d d d d d d l d l l", nullptr},
 {report_unknown,        "l e e e e e e e e e e e e e l e l l", nullptr},
 {report_information,    "l o o o o o o o o o o o o o o o o o", nullptr},
 {report_digit,          "l o o o o o o o o o o o o o l o l l", nullptr},
 {ended,                 "N P P P P P P P P P P P P P N P U N", nullptr},
};
// clang-format on

/// What the engine's switches over actions have branches for, by rows, from `first` to `last`; their
/// `default` is for the letters after the space. A row that gets another
/// letter does not compile until it has its branch, and is named here.
struct Branches {
  SessionInput first, last;
  std::string_view letters;
};
constexpr Branches kBranches[] = {
    {ask_drop, ask_drop, "DC xn"},            // calls.cpp, operating.cpp
    {owner_released, nobody_owns, "DXC kn"},  // ends.cpp, end_by
    {make_overdue, make_overdue, "X n"},
    {line_lost, line_lost, "XC k"},
    {made, not_made, "BUN kn"},               // calls.cpp, made
    {report_idle, report_unknown, "edia l"},  // providers.cpp, of StateChanged
};

constexpr bool all_have_branches() {
  for (const Branches& branches : kBranches)
    for (const Row& row : kRows)
      if (row.input >= branches.first && row.input <= branches.last &&
          std::string_view(row.cells).find_first_not_of(branches.letters) != std::string_view::npos)
        return false;
  return true;
}
static_assert(all_have_branches(), "a row has a letter that a switch of the engine does not know");

constexpr Action action_of(char letter) {
  switch (letter) {
    case 'x':
      return Action::refuse;
    case 'l':
      return Action::late;
    case 'n':
      return Action::not_applicable;
    case 'o':
      return Action::allow;
    case 'f':
      return Action::forward;
    case 'k':
      return Action::keep;
    case 'D':
      return Action::drop;
    case 'C':
      return Action::clear;
    case 'X':
      return Action::close;
    case 'Q':
      return Action::cut;
    case 'e':
      return Action::enter;
    case 'd':
      return Action::disconnect;
    case 'i':
      return Action::idle;
    case 'a':
      return Action::absorb;
    case 'B':
      return Action::make_succeeded;
    case 'U':
      return Action::make_failed;
    case 'N':
      return Action::note;
    case 'P':
      return Action::lose;
    default:
      return Action::undefined;
  }
}

using Table = std::array<std::array<Rule, kStandingCount>, kSessionInputCount>;

constexpr Table make_table() {
  Table table{};
  for (const Row& row : kRows) {
    auto& line = table[static_cast<std::size_t>(row.input)];
    std::size_t column = 0;
    for (const char* cell = row.cells; *cell != 0; ++cell) {
      if (*cell == ' ') continue;
      // More letters than standings, or the same row twice, leave an undefined cell: see below.
      if (column == kStandingCount || line[column].action != Action::undefined) return Table{};
      line[column].action = action_of(*cell);
      if (*cell == 'n') {
        if (row.not_applicable == nullptr) return Table{};
        line[column].because = row.not_applicable;
      }
      ++column;
    }
  }
  return table;
}

constexpr bool complete(const Table& table) {
  for (const auto& line : table)
    for (const Rule& rule : line)
      if (rule.action == Action::undefined) return false;
  return true;
}

constexpr Table kTable = make_table();
static_assert(complete(kTable),
              "a cell of the transition table is missing, doubled or unexplained");
static_assert(static_cast<std::size_t>(Standing::unknown) ==
              static_cast<std::size_t>(CallState::unknown));
static_assert(report_of(CallState::unknown) == SessionInput::report_unknown);

constexpr std::string_view kInputNames[] = {
    "ask accept",
    "ask answer",
    "ask drop",
    "ask hold",
    "ask unhold",
    "ask transfer",
    "ask swap",
    "ask swap of the held",
    "ask send digits",
    "ask monitor digits",
    "ask hand off",
    "ask give up ownership",
    "ask set app specific",
    "ask release user info",
    "ask information",
    "ask release",
    "ask release before 2.0",
    "owner released",
    "last owner gone",
    "last holder gone",
    "nobody owns",
    "no answer due",
    "length due",
    "make overdue",
    "drop overdue",
    "line lost",
    "made",
    "not made",
    "report idle",
    "report offering",
    "report accepted",
    "report dialtone",
    "report dialing",
    "report proceeding",
    "report ringback",
    "report busy",
    "report special information",
    "report connected",
    "report on hold",
    "report conferenced",
    "report on hold pending conference",
    "report on hold pending transfer",
    "report disconnected",
    "report unknown",
    "report information",
    "report digit",
    "ended",
};
static_assert(std::size(kInputNames) == kSessionInputCount);

}  // namespace

Rule rule_for(Standing standing, SessionInput input) {
  return kTable[static_cast<std::size_t>(input)][static_cast<std::size_t>(standing)];
}

Rule rule_if(Standing standing, SessionInput input) {
  return kTable[static_cast<std::size_t>(input)][static_cast<std::size_t>(standing)];
}

std::string_view to_string(Standing standing) {
  if (standing == Standing::being_made) return "being made";
  if (standing == Standing::cut) return "disconnected by a rule";
  return to_string(static_cast<CallState>(standing));
}

std::string_view to_string(SessionInput input) {
  return kInputNames[static_cast<std::size_t>(input)];
}

}  // namespace switchhook::core
