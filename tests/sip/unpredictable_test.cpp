// SPDX-License-Identifier: Apache-2.0
// What a far end sees of successive calls (tags, branches, Call-IDs, session numbers, cnonces) tells it
// nothing of the next: each value is predicted from the earlier ones by all that generators of
// numbers are known for, and by the clock.
#include <algorithm>
#include <cctype>
#include <charconv>
#include <chrono>
#include <map>
#include <set>

#include "providers/sip/random.hpp"
#include "tests/sip/far_end.hpp"
#include "tests/sip/harness.hpp"
#include "tests/sip/raw.hpp"

namespace switchhook::sip::test {
namespace {

using provider::CallRef;
using Number = std::uint64_t;
using Numbers = std::vector<Number>;
constexpr provider::LineNumber kAlice = 0, kBob = 1;
constexpr Number kGamma = 0x9e3779b97f4a7c15u;  // of SplitMix64

// ---- the predictions

/// Of an odd number, modulo 2^64.
Number inverse(Number odd) {
  Number out = odd;
  for (int i = 0; i < 6; ++i) out *= 2 - odd * out;
  return out;
}
Number unshift(Number value, unsigned bits) {
  Number out = value;
  for (unsigned done = bits; done < 64; done += bits) out = value ^ (out >> bits);
  return out;
}
Number splitmix(Number state) {
  state = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9u;
  state = (state ^ (state >> 27)) * 0x94d049bb133111ebu;
  return state ^ (state >> 31);
}
Number splitmix_state(Number value) {
  value = unshift(value, 31) * inverse(0x94d049bb133111ebu);
  value = unshift(value, 27) * inverse(0xbf58476d1ce4e5b9u);
  return unshift(value, 30);
}
Number xorshift(Number state) {
  state ^= state << 13;
  state ^= state >> 7;
  return state ^ (state << 17);
}

/// All that the next value could be.
std::set<Number> predictions(const Numbers& seen) {
  std::set<Number> out;
  const std::size_t n = seen.size();
  const Number last = seen[n - 1];
  for (std::size_t back = 1; back <= n && back <= 4; ++back) out.insert(seen[n - back]);  // periods
  for (Number step = 1; step <= 8; ++step) {  // counters
    out.insert(last + step);
    out.insert(last - step);
    // Generators whose state is seen, some values apart.
    out.insert(splitmix(splitmix_state(last) + step * kGamma));
    Number state = last;
    for (Number i = 0; i < step; ++i) state = xorshift(state);
    out.insert(state);
  }
  for (const Number a : {6364136223846793005u, 2862933555777941757u, 1103515245ul, 1664525ul,
                         25214903917ul, 16807ul, 48271ul})
    for (const Number c :
         {0ul, 1ul, 11ul, 12345ul, 1013904223ul, 1442695040888963407ul, 3037000493ul})
      out.insert(a * last + c);
  if (n >= 2) {
    out.insert(2 * last - seen[n - 2]);  // equal steps
    out.insert(last ^ seen[n - 1] ^ seen[n - 2]);
  }
  if (n >= 3) {
    const Number first = seen[n - 2] - seen[n - 3], second = last - seen[n - 2];
    out.insert(last + 2 * second - first);                                      // growing steps
    if ((first & 1) != 0) out.insert(last + second * second * inverse(first));  // any LCG
    out.insert(last ^ (seen[n - 2] ^ seen[n - 3]));
  }
  if (n >= 31) {  // the additive generator of random(3)
    out.insert(seen[n - 3] + seen[n - 31]);
    out.insert(seen[n - 3] + seen[n - 31] + 1);
  }
  return out;
}

/// Whether it is a time within two seconds of this one, in seconds or, where there is room for them,
/// in parts of a second, on either clock.
bool is_a_time(Number value) {
  const bool wide = value >> 33 != 0;
  for (const auto since :
       {std::chrono::system_clock::now().time_since_epoch(),
        std::chrono::system_clock::duration(std::chrono::steady_clock::now().time_since_epoch())})
    for (const Number unit : {1000000000u, 1000000u, 1000u, 1u}) {
      const Number now = static_cast<Number>(std::chrono::nanoseconds(since).count()) / unit;
      const Number span = 2 * (1000000000u / unit);
      if ((wide || unit == 1000000000u) && (now - value <= span || value - now <= span))
        return true;
    }
  return false;
}

/// How many values follow from those before them, seen as 64, as their low 32 and high 32 bits.
std::size_t predicted(const Numbers& values) {
  std::size_t count = 0;
  for (std::size_t n = 1; n < values.size(); ++n) {
    const auto follows = [&](auto part) {
      Numbers seen;
      for (std::size_t i = 0; i < n; ++i) seen.push_back(part(values[i]));
      const std::set<Number> all = predictions(seen);
      return std::any_of(all.begin(), all.end(),
                         [&](Number each) { return part(each) == part(values[n]); });
    };
    const bool known = is_a_time(values[n]) || follows([](Number v) { return v; }) ||
                       follows([](Number v) { return v & 0xffffffffu; });
    if (known) ++count;
  }
  return count;
}

// ---- what is seen

/// The end of the value, which begins with what is no secret: its last 16 digits of this base.
Number number_of(const std::string& text, int base) {
  std::size_t from = text.size();
  while (from > 0 && text.size() - from < 16 &&
         std::isxdigit(static_cast<unsigned char>(text[from - 1])) != 0)
    --from;
  Number out = 0;
  std::from_chars(text.data() + from, text.data() + text.size(), out, base);
  return out;
}
std::string between(const std::string& text, const std::string& from, const std::string& ends) {
  const std::size_t at = text.find(from);
  if (at == std::string::npos) return {};
  return text.substr(at + from.size(),
                     text.find_first_of(ends, at + from.size()) - at - from.size());
}

class Seen {
 public:
  void add(const std::string& what, const std::string& text, int base = 16) {
    ASSERT_GE(text.size(), 8u) << what << ": " << text;
    values_[what].push_back(number_of(text, base));
  }
  void request(const std::string& method, const std::string& text) {
    add("branch of " + method, between(text, "branch=z9hG4bK", ";\r"));
    add("cnonce of " + method, between(header(text, "Authorization"), "cnonce=\"", "\""));
  }
  void expect_none() const {
    std::size_t known = 0, all = 0;
    for (const auto& [what, values] : values_) {
      EXPECT_EQ(std::set<Number>(values.begin(), values.end()).size(), values.size()) << what;
      const std::size_t count = predicted(values);
      EXPECT_EQ(count, 0u) << what;
      known += count;
      all += values.size() - 1;
    }
    std::printf("%zu of %zu values predicted, of %zu kinds\n", known, all, values_.size());
    EXPECT_GE(all, 270u);
  }

 private:
  std::map<std::string, Numbers> values_;
};

TEST(Prediction, KnowsTheGeneratorsThatItLooksFor) {
  const auto all_known = [](const auto& next) {
    Numbers values;
    for (int i = 0; i < 40; ++i) values.push_back(next(i, values));
    return predicted(values) >= values.size() - 4;
  };
  EXPECT_TRUE(all_known([](int i, const Numbers&) { return Number{77} + 5 * Number(i); }));
  EXPECT_TRUE(all_known([](int i, const Numbers&) { return splitmix(Number(i) * 3 * kGamma); }));
  EXPECT_TRUE(all_known([](int, const Numbers& before) {
    return before.empty() ? Number{88172645463325252} : xorshift(before.back());
  }));
  EXPECT_TRUE(all_known([](int, const Numbers& before) {
    return before.empty() ? Number{3} : before.back() * 0xd1342543de82ef95u + 0x9d;
  }));
  EXPECT_TRUE(all_known([](int, const Numbers&) {
    return static_cast<Number>(std::chrono::system_clock::now().time_since_epoch().count());
  }));
  SystemRandom random;
  EXPECT_FALSE(all_known([&](int, const Numbers&) { return random.next(); }));
}

TEST(SipOnTheWire, NoValueFollowsFromThoseOfEarlierCalls) {
  constexpr int kCalls = 40;
  Config config = test_config();
  config.lines[kAlice].password = "secret";
  config.lines[kAlice].realm = "far";
  Bench bench(config);
  FarEnd far(FarEnd::By::udp);
  Raw caller(bench.port());
  Seen seen;
  const auto challenge = [&](const std::string& request) {
    const std::string method = request.substr(0, request.find(' '));
    const std::string nonce = method + header(request, "Call-ID");
    far.send(far.response(
        request, 401, false,
        "WWW-Authenticate: Digest realm=\"far\", nonce=\"" + nonce + "\", qop=\"auth\"\r\n"));
    std::string again = far.receive_request(method);
    while (!again.empty() && header(again, "Authorization").find(nonce) == std::string::npos)
      again = far.receive_request(method);
    return again;
  };
  for (int i = 0; i < kCalls; ++i) {
    const CallRef call = bench.make_call(kAlice, far.uri());
    std::string request = far.receive_request("INVITE");
    const std::string call_id = header(request, "Call-ID");
    seen.add("Call-ID", call_id.substr(0, call_id.find('@')));
    seen.add("From tag", between(header(request, "From") + "\r", "tag=", ";\r"));
    seen.add("session number", between(between(request, "o=", "\r"), " ", " "), 10);
    request = challenge(request);
    seen.request("INVITE", request);
    far.reply(request, 200, true);
    ASSERT_TRUE(bench.reaches(call, CallState::connected));
    EXPECT_FALSE(bench.drop(call));
    request = challenge(far.receive_request("BYE"));
    seen.request("BYE", request);
    far.reply(request, 200);
    bench.ended(call);
    bench.close(call);

    const auto tag_for = [&](const std::string& user, int number) {
      caller.send(caller.request("INVITE", user, number, "", kSdp));
      std::string answer = caller.message();
      while (!answer.empty() && (header(answer, "Call-ID") != "raw" + std::to_string(number) ||
                                 header(answer, "To").find("tag=") == std::string::npos))
        answer = caller.message();
      return between(header(answer, "To") + "\r", "tag=", ";\r");
    };
    seen.add("To tag", tag_for("bob", i + 1));
    seen.add("To tag of a refusal", tag_for("nobody", 1000 + i));  // which keeps no state
    const CallRef incoming = bench.incoming(kBob, static_cast<std::size_t>(i));
    EXPECT_FALSE(bench.drop(incoming));
    bench.close(incoming);
  }
  seen.expect_none();
}

}  // namespace
}  // namespace switchhook::sip::test
