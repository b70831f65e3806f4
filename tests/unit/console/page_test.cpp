// SPDX-License-Identifier: Apache-2.0
// The page's files: those of its folder, and no others.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "base/limits.hpp"
#include "daemon/console/rest.hpp"
#include "tests/support/daemon_process.hpp"

namespace switchhook::daemon {
namespace {

class PageTest : public testing::Test {
 protected:
  PageTest() {
    std::filesystem::create_directories(folder_ / "page/assets/deep");
    write("page/index.html", "the page");
    write("page/assets/app.js", "the script");
    write("page/assets/deep/style.css", "the style");
    write("page/assets/secret.key", "a key");
    write("page/assets/.hidden.js", "hidden");
    write("outside.js", "outside");
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
  }
  [[nodiscard]] std::string get(const std::string& path) const {
    const auto answer = page_file(folder_ / "page", path);
    return answer ? answer->type + ": " + answer->body : "";
  }
  test::TempFolder folder_;
};

TEST_F(PageTest, ServesItsFilesWithTheirTypes) {
  EXPECT_EQ(get("/"), "text/html; charset=utf-8: the page");
  EXPECT_EQ(get("/assets/app.js"), "text/javascript; charset=utf-8: the script");
  EXPECT_EQ(get("/assets/deep/style.css"), "text/css; charset=utf-8: the style");
}

TEST_F(PageTest, ServesNothingElse) {
  for (const char* path :
       {"", "/index.html", "/assets", "/assets/", "/assets/none.js", "/assets/secret.key",
        "/assets/.hidden.js", "/assets/../../outside.js", "/assets/deep/../../../outside.js",
        "/assets//app.js", "/assets/deep", "/javascript/../../../etc/passwd",
        "/javascript/../../../../etc/x.js", "assets/app.js"})
    EXPECT_EQ(get(path), "") << path;
  EXPECT_EQ(get(std::string("/assets/app.js\0.js", 18)), "");
}

TEST_F(PageTest, AFileThatIsTooLargeIsNone) {
  std::filesystem::resize_file(folder_ / "page/assets/app.js", limits::kConsoleFileBytes + 1);
  EXPECT_EQ(get("/assets/app.js"), "");
}

}  // namespace
}  // namespace switchhook::daemon
