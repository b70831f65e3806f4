// SPDX-License-Identifier: Apache-2.0
// The plan of the house, held to by the compiler's neighbour: who may include whom, where
// Microsoft's spelling may appear, and a few habits (docs/architecture.md).
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

const fs::path kRoot = SWITCHHOOK_SOURCE_DIR;

struct Source {
  std::string path;  // relative to the root
  std::vector<std::string> lines;
};

std::vector<Source> sources_in(std::initializer_list<const char*> folders) {
  static const std::set<std::string> kEndings{".cpp", ".hpp",  ".h",   ".c",
                                              ".js",  ".html", ".css", ".mjs"};
  std::vector<Source> found;
  for (const char* folder : folders) {
    if (!fs::exists(kRoot / folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(kRoot / folder)) {
      if (!entry.is_regular_file() || !kEndings.contains(entry.path().extension().string()))
        continue;
      Source source{fs::relative(entry.path(), kRoot).string(), {}};
      std::ifstream in(entry.path());
      for (std::string line; std::getline(in, line);) source.lines.push_back(line);
      found.push_back(std::move(source));
    }
  }
  return found;
}

/// The room a file belongs to: the folder that the include rules speak of.
std::string room_of(const std::string& path) {
  static const std::vector<std::string> kRooms{"src/base/",
                                               "src/api/describe/",
                                               "src/api/",
                                               "src/client/",
                                               "src/provider/",
                                               "src/core/",
                                               "src/media/",
                                               "src/rpc/",
                                               "src/daemon/",
                                               "src/tapi2/",
                                               "src/tapi3/",
                                               "src/cxx/",
                                               "src/reference/",
                                               "src/credentials/",
                                               "src/cli/",
                                               "src/wine/",
                                               "src/simulator/",
                                               "src/providers/exchange/",
                                               "src/providers/remote/",
                                               "src/providers/sip/",
                                               "src/providers/tspi/",
                                               "include/switchhook/",
                                               "include/tapi/"};
  for (const std::string& room : kRooms)
    if (path.starts_with(room)) return room;
  return {};
}

/// A line without its comment.
std::string code_of(const std::string& line) {
  return line.substr(0, line.find("//"));
}

std::string resolve(const std::string& include) {
  for (const char* base : {"src/", "include/"})
    if (fs::exists(kRoot / (base + include))) return base + include;
  return {};
}

bool is_vocabulary(const std::string& path) {
  return path == "include/switchhook/types.hpp" || path == "include/switchhook/error.hpp" ||
         path == "include/switchhook/errors.def";
}

const std::map<std::string, std::set<std::string>>& allowed() {
  static const std::map<std::string, std::set<std::string>> kAllowed{
      {"src/base/", {}},
      {"src/api/", {"src/base/"}},
      {"src/client/", {"src/api/", "src/base/"}},
      {"src/api/describe/", {"src/api/", "src/provider/", "src/base/", "include/switchhook/"}},
      {"src/provider/", {"src/base/"}},
      {"src/core/", {"src/provider/", "src/api/", "src/base/"}},
      {"src/media/", {"src/base/"}},
      {"src/providers/exchange/", {"src/provider/", "src/base/"}},
      {"src/providers/remote/", {"src/provider/", "src/base/", "src/api/describe/"}},
      {"src/providers/sip/", {"src/provider/", "src/base/", "src/media/"}},
      {"src/providers/tspi/", {"src/provider/", "src/base/", "include/tapi/"}},
      {"src/rpc/", {"src/api/", "src/api/describe/", "src/base/"}},
      {"src/tapi2/", {"src/client/", "src/api/", "src/base/", "include/tapi/"}},
      {"src/tapi3/", {"src/client/", "src/api/", "src/base/", "include/tapi/"}},
      {"src/cxx/",
       {"src/client/", "src/api/", "src/api/describe/", "src/base/", "include/switchhook/"}},
      {"src/cli/", {"include/switchhook/", "src/reference/", "src/credentials/"}},
      {"src/reference/", {}},
      {"src/credentials/", {"src/base/"}},
      {"src/wine/", {"src/tapi2/", "src/tapi3/", "include/tapi/"}},
      {"src/daemon/",
       {"src/core/", "src/rpc/", "src/api/", "src/api/describe/", "src/provider/", "src/base/",
        "src/client/", "src/credentials/", "include/switchhook/", "src/media/", "src/reference/",
        "src/providers/exchange/", "src/providers/remote/", "src/providers/sip/",
        "src/providers/tspi/"}},
      {"src/simulator/",
       {"src/core/", "src/rpc/", "src/api/", "src/api/describe/", "src/provider/", "src/base/",
        "src/media/", "src/daemon/", "src/providers/exchange/", "src/providers/sip/",
        "src/providers/tspi/"}},
      {"include/switchhook/", {}},
      {"include/tapi/", {}},
  };
  return kAllowed;
}

/// One composition file in each face knows how a service is reached: the client of the protocol, or
/// an engine in the same process.
bool is_composition(const std::string& path) {
  return path == "src/tapi2/connect.cpp" || path == "src/tapi3/connect.cpp" ||
         path == "src/cxx/connect.cpp";
}

TEST(Architecture, EveryRoomIncludesOnlyWhatItMayKnow) {
  static const std::regex kInclude(R"re(^\s*#\s*include\s+["<]([^">]+)[">])re");
  for (const Source& source : sources_in({"src", "include"})) {
    const std::string room = room_of(source.path);
    ASSERT_FALSE(room.empty()) << source.path << " stands in no known room";
    for (const std::string& line : source.lines) {
      std::smatch match;
      if (!std::regex_search(line, match, kInclude)) continue;
      const std::string target = resolve(match[1]);
      if (target.empty() || is_vocabulary(target) || room_of(target) == room) continue;
      if (is_composition(source.path) &&
          (target == "src/rpc/client.hpp" || room_of(target) == "src/core/"))
        continue;
      EXPECT_TRUE(allowed().at(room).contains(room_of(target)))
          << source.path << " must not include " << target;
    }
  }
}

/// A chain of questions lets an event fall through that nobody thought of; std::visit with all cases
/// does not compile then.
TEST(Architecture, FacesVisitEventsWithAllCases) {
  static const std::regex kAsks(
      R"((get_if|holds_alternative|get)<(const )?api::(CallAppeared|CallStateChanged|CallInfoChanged|LineClosed|LineChanged|LineAppeared|LineRemoved|DigitReceived|DigitsSent|CallReclaimed|LeakLimitReached|EventsLost|TracedMessage)>)");
  std::set<std::string> visiting;
  for (const Source& source : sources_in({"src/tapi2", "src/tapi3", "src/cxx", "src/client"}))
    for (std::size_t i = 0; i < source.lines.size(); ++i) {
      const std::string code = code_of(source.lines[i]);
      if (code.find("base::Cases") != std::string::npos) visiting.insert(room_of(source.path));
      // The client half looks for two of them besides.
      if (room_of(source.path) != "src/client/") {
        EXPECT_FALSE(std::regex_search(code, kAsks)) << source.path << ":" << i + 1 << ": " << code;
      }
    }
  EXPECT_EQ(visiting.size(), 4u) << "the client half and each face visit events";
}

TEST(Architecture, PublicHeadersIncludeOnlyTheStandardLibraryAndEachOther) {
  static const std::regex kInclude(R"re(^\s*#\s*include\s+(["<])([^">]+)[">])re");
  for (const Source& source : sources_in({"include/switchhook"})) {
    if (source.path == "include/switchhook/asio.hpp") continue;  // no other includes it
    for (const std::string& line : source.lines) {
      std::smatch match;
      if (!std::regex_search(line, match, kInclude)) continue;
      EXPECT_NE(match[2], "switchhook/asio.hpp") << source.path;
      const std::string what = match[2];
      const bool own = what.starts_with("switchhook/");
      const bool standard = match[1] == "<" && what.find_first_of("/.") == std::string::npos;
      EXPECT_TRUE(own || standard) << source.path << ": " << line;
    }
  }
}

TEST(Architecture, MicrosoftsSpellingStaysInTheTapiRooms) {
  static const std::regex kTapi(
      R"(\b(HCALL|HLINE|HLINEAPP|LINEERR_[A-Z]+|LINECALLSTATE_[A-Z]+|TAPI_E_[A-Z]+|dw[A-Z][A-Za-z]+|lph?[A-Z][A-Za-z]+)\b)");
  static const std::regex kComment(R"(^\s*(//|\*|/\*).*$)");
  for (const Source& source : sources_in({"src"})) {
    const std::string room = room_of(source.path);
    if (room == "src/tapi2/" || room == "src/tapi3/" || room == "src/wine/" ||
        room == "src/providers/tspi/")
      continue;
    for (std::size_t i = 0; i < source.lines.size(); ++i) {
      const std::string code = code_of(source.lines[i]);
      if (std::regex_match(source.lines[i], kComment)) continue;
      EXPECT_FALSE(std::regex_search(code, kTapi)) << source.path << ":" << i + 1 << ": " << code;
    }
  }
}

TEST(Architecture, EveryFileNamesItsLicenceFirst) {
  for (const Source& source :
       sources_in({"src", "include", "tests", "bench", "examples", "share"})) {
    ASSERT_FALSE(source.lines.empty()) << source.path;
    EXPECT_NE(source.lines[0].find("SPDX-License-Identifier: Apache-2.0"), std::string::npos)
        << source.path;
  }
}

TEST(Architecture, HeadersOfOurOwnUsePragmaOnceAndSayWhatTheyAre) {
  for (const Source& source : sources_in({"src", "include/switchhook"})) {
    if (!source.path.ends_with(".hpp")) continue;
    const auto once = std::find(source.lines.begin(), source.lines.end(), "#pragma once");
    ASSERT_NE(once, source.lines.end()) << source.path;
    const auto first_words = std::find_if(once + 1, source.lines.end(),
                                          [](const std::string& line) { return !line.empty(); });
    ASSERT_NE(first_words, source.lines.end()) << source.path;
    EXPECT_TRUE(first_words->starts_with("//"))
        << source.path << " has no paragraph that says what it is";
  }
}

TEST(Architecture, FilesStayReadable) {
  for (const Source& source : sources_in({"src"})) {
    EXPECT_LE(source.lines.size(), 700u) << source.path;
    for (std::size_t i = 0; i < source.lines.size(); ++i)
      EXPECT_LE(source.lines[i].size(), 120u) << source.path << ":" << i + 1;
  }
}

TEST(Architecture, NothingIsLeftForLaterAndNobodySleeps) {
  static const std::regex kBanned(
      R"(\b(TODO|FIXME|XXX|HACK)\b|\bsleep_for\b|\busleep\b|\bsprintf\b|\bstrcpy\b)");
  for (const Source& source : sources_in({"src", "include"}))
    for (std::size_t i = 0; i < source.lines.size(); ++i)
      EXPECT_FALSE(std::regex_search(source.lines[i], kBanned))
          << source.path << ":" << i + 1 << ": " << source.lines[i];
}

TEST(Architecture, TheCoreHasNoThreadClockSocketOrGlobal) {
  static const std::regex kImpure(
      R"re(<(thread|mutex|condition_variable|atomic|future|random|fstream|iostream)>|<sys/|<unistd|steady_clock|system_clock|\bstatic\s+(?!const|constexpr|_cast|Result|inline)[a-z_:<>]+\s+[a-z_]+\s*(=|;))re");
  for (const Source& source : sources_in({"src/core"})) {
    const std::string name = fs::path(source.path).stem().string();
    if (name == "engine_host" || name == "local_service")
      continue;  // they carry it through the world
    for (std::size_t i = 0; i < source.lines.size(); ++i)
      EXPECT_FALSE(std::regex_search(code_of(source.lines[i]), kImpure))
          << source.path << ":" << i + 1 << ": " << source.lines[i];
  }
}

/// What a program on Windows links: the client half and the faces.
bool is_portable(const std::string& path) {
  static const std::set<std::string> kRooms{"src/base/",     "src/api/",           "src/client/",
                                            "src/rpc/",      "src/tapi2/",         "src/tapi3/",
                                            "include/tapi/", "include/switchhook/"};
  return kRooms.contains(room_of(path)) && !path.starts_with("src/rpc/server");
}

TEST(Architecture, PortableRoomsNameTheirSystemInTheFile) {
  static const std::regex kPosix(
      R"re(#\s*include\s*<((sys|arpa|net|netinet|linux|asm)/|(cxxabi|dirent|dlfcn|fcntl|grp|ifaddrs|netdb|poll|pthread|pwd|sched|semaphore|signal|spawn|strings|syslog|termios|unistd)\.h>))re");
  static const std::regex kWindows(
      R"re(#\s*include\s*<(windows|winsock2|ws2tcpip|mswsock|afunix)\.h>)re");
  std::size_t portable = 0, posix = 0, windows = 0;
  for (const Source& source : sources_in({"src", "include"})) {
    if (!is_portable(source.path)) continue;
    ++portable;
    const std::string name = fs::path(source.path).stem().string();
    const bool may_posix = name.ends_with("_posix");
    const bool may_windows = name.ends_with("_windows") || name == "wintypes";
    for (std::size_t i = 0; i < source.lines.size(); ++i) {
      const bool is_posix = std::regex_search(source.lines[i], kPosix);
      const bool is_windows = std::regex_search(source.lines[i], kWindows);
      posix += is_posix ? 1 : 0;
      windows += is_windows ? 1 : 0;
      EXPECT_FALSE(is_posix && !may_posix)
          << source.path << ":" << i + 1 << ": only a file called …_posix.cpp may";
      EXPECT_FALSE(is_windows && !may_windows)
          << source.path << ":" << i + 1 << ": only a file called …_windows.cpp may";
    }
  }
  EXPECT_GT(portable, 50u);
  EXPECT_GT(posix, 0u) << "the pattern finds none of those that there are";
  EXPECT_GT(windows, 0u);
}

TEST(Architecture, SipDialogsCallsAndLinesArePure) {
  static const std::regex kImpure(
      R"(sofia-sip|<(thread|mutex|atomic)>|<sys/|steady_clock|system_clock)");
  for (const Source& source : sources_in({"src/providers/sip/dialog", "src/providers/sip/call",
                                          "src/providers/sip/orphans", "src/providers/sip/lines"}))
    for (std::size_t i = 0; i < source.lines.size(); ++i)
      EXPECT_FALSE(std::regex_search(code_of(source.lines[i]), kImpure))
          << source.path << ":" << i + 1 << ": " << source.lines[i];
}

TEST(Architecture, TheVtablesOfTapi3AreMadeFromTheListOfInterfaces) {
  // So every method passes the boundary: no class has an entry of a vtable in its own hands.
  static const std::regex kByHand(R"(\bSTDMETHOD(IMP|CALLTYPE)\b)");
  for (const Source& source : sources_in({"src/tapi3/objects", "src/tapi3/events"}))
    for (std::size_t i = 0; i < source.lines.size(); ++i)
      EXPECT_FALSE(std::regex_search(code_of(source.lines[i]), kByHand))
          << source.path << ":" << i + 1 << ": " << source.lines[i];
}

TEST(Architecture, ComKnowsNoObjectOfTapi3) {
  static const std::regex kInclude(R"re(#include "tapi3/(objects|events)/)re");
  for (const Source& source : sources_in({"src/tapi3/com"}))
    for (const std::string& line : source.lines)
      EXPECT_FALSE(std::regex_search(line, kInclude)) << source.path << ": " << line;
}

TEST(Architecture, NoAllocationIsOwnedByHand) {
  // `std::unique_ptr<T>(new T(…))` is how a private constructor is reached; nothing else says new.
  static const std::regex kNew(R"((^|[^_a-zA-Z"])new [A-Za-z_:]+\s*[({\[;])");
  static const std::regex kDelete(R"((^|\s)delete(\[\])?\s+[a-z_*])");
  for (const Source& source : sources_in({"src"}))
    for (std::size_t i = 0; i < source.lines.size(); ++i) {
      const std::string code = code_of(source.lines[i]);
      const bool wrapped =
          code.find("_ptr<") != std::string::npos || code.find("(new ") != std::string::npos;
      EXPECT_FALSE(std::regex_search(code, kNew) && !wrapped)
          << source.path << ":" << i + 1 << ": " << code;
      EXPECT_FALSE(std::regex_search(code, kDelete)) << source.path << ":" << i + 1 << ": " << code;
    }
}

/// In a public header a declaration follows its comment: each class, struct, enum and function.
TEST(Architecture, EveryPublicDeclarationSaysWhatItDoes) {
  static const std::regex kDeclaration(
      R"(^(class|struct|enum class|enum)\s+(SWITCHHOOK_EXPORT\s+)?[A-Z][A-Za-z]+\s*(final\s*)?(:[^:].*)?\{)");
  for (const Source& source : sources_in({"include/switchhook"}))
    for (std::size_t i = 1; i < source.lines.size(); ++i) {
      if (!std::regex_search(source.lines[i], kDeclaration)) continue;
      std::size_t above = i - 1;
      while (above > 0 && source.lines[above].starts_with("template")) --above;
      const std::string& comment = source.lines[above];
      EXPECT_TRUE(comment.starts_with("//") || source.lines[i].find("//") != std::string::npos ||
                  comment.find("};") != std::string::npos)
          << source.path << ":" << i + 1 << ": " << source.lines[i];
    }
}

/// Names and SIP messages come from strangers: the console shows them as text, whatever they are. What
/// the policy sent with the page refuses (scripts and styles in line) is not there either.
TEST(Architecture, TheConsoleParsesNoTextAsHtmlOrScript) {
  static const std::regex kBanned(
      R"((inner|outer)HTML|insertAdjacentHTML|setHTML|document\.write|DOMParser|srcdoc|)"
      R"(createContextualFragment|javascript:|\beval\b|new Function|[" ]style["=:]|<style|)"
      R"( on[a-z]+="|<script>|https?://(?!www\.w3\.org/))");
  const std::vector<Source> sources = sources_in({"share/console"});
  EXPECT_GE(sources.size(), 10u);
  for (const Source& source : sources)
    for (std::size_t i = 0; i < source.lines.size(); ++i)
      EXPECT_FALSE(std::regex_search(source.lines[i], kBanned))
          << source.path << ":" << i + 1 << ": " << source.lines[i];
}

/// Decisions have one form, and none is missing from the index.
TEST(Architecture, EveryDecisionHasTheTemplatesHeadingsAndIsInTheIndex) {
  static const std::vector<std::string> kHeadings{"Context", "Decision", "Rejected", "Consequences",
                                                  "Source"};
  static const std::regex kHeading(R"(^\*\*([A-Z][a-z ]+)\.\*\*.*$)");
  const fs::path folder = kRoot / "docs/decisions";
  std::stringstream index;
  index << std::ifstream(folder / "README.md").rdbuf();
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name == "README.md") continue;
    EXPECT_NE(index.str().find("(" + name + ")"), std::string::npos)
        << name << " is not in the index";
    std::ifstream in(entry.path());
    std::string line;
    std::getline(in, line);
    EXPECT_TRUE(line.starts_with("# " + name.substr(0, 4) + " ")) << name << ": " << line;
    std::vector<std::size_t> found;
    while (std::getline(in, line)) {
      std::smatch match;
      if (!std::regex_match(line, match, kHeading)) continue;
      const auto place = std::find(kHeadings.begin(), kHeadings.end(), match[1].str());
      EXPECT_NE(place, kHeadings.end()) << name << ": " << line;
      found.push_back(static_cast<std::size_t>(place - kHeadings.begin()));
    }
    EXPECT_TRUE(std::is_sorted(found.begin(), found.end())) << name << ": order of the headings";
    EXPECT_GE(found.size(), 2u) << name;
    EXPECT_TRUE(found.size() >= 2 && found[0] == 0 && found[1] == 1)
        << name << " needs Context and Decision first";
  }
}

}  // namespace
