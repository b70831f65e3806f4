// SPDX-License-Identifier: Apache-2.0
// The files of the page.
#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <utility>

#include "base/limits.hpp"
#include "daemon/console/rest.hpp"

namespace switchhook::daemon {
namespace {

namespace fs = std::filesystem;

/// Where distributions put libraries for browsers.
constexpr const char* kLibraries = "/usr/share/javascript";

constexpr std::array<std::pair<std::string_view, const char*>, 9> kTypes{
    {{".html", "text/html; charset=utf-8"},
     {".js", "text/javascript; charset=utf-8"},
     {".mjs", "text/javascript; charset=utf-8"},
     {".css", "text/css; charset=utf-8"},
     {".json", "application/json"},
     {".svg", "image/svg+xml"},
     {".png", "image/png"},
     {".ico", "image/x-icon"},
     {".woff2", "font/woff2"}}};

const char* type_of(std::string_view path) {
  const auto* const found = std::find_if(
      kTypes.begin(), kTypes.end(), [&](const auto& each) { return path.ends_with(each.first); });
  return found == kTypes.end() ? nullptr : found->second;
}

/// No part of it is hidden, leads upwards, or is empty.
bool is_plain(std::string_view path) {
  return path.starts_with('/') && path.find("/.") == std::string_view::npos &&
         path.find("//") == std::string_view::npos && path.find('\0') == std::string_view::npos;
}

std::optional<HttpServer::Answer> file_at(const fs::path& path) {
  const char* type = type_of(path.native());
  std::error_code error;
  if (type == nullptr || !fs::is_regular_file(path, error) || error) return std::nullopt;
  const auto size = fs::file_size(path, error);
  if (error || size > limits::kConsoleFileBytes) return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  std::string text(size, '\0');
  file.read(text.data(), static_cast<std::streamsize>(size));
  if (file.bad()) return std::nullopt;
  text.resize(static_cast<std::size_t>(file.gcount()));
  return HttpServer::Answer{200, type, std::move(text)};
}

}  // namespace

std::optional<HttpServer::Answer> page_file(const std::string& folder, const std::string& path) {
  constexpr std::string_view kAssets = "/assets/", kJavascript = "/javascript/";
  if (path == "/") return file_at(fs::path(folder) / "index.html");
  if (!is_plain(path)) return std::nullopt;
  if (path.starts_with(kAssets)) return file_at(folder + path);
  if (path.starts_with(kJavascript))
    return file_at(kLibraries + path.substr(kJavascript.size() - 1));
  return std::nullopt;
}

}  // namespace switchhook::daemon
