// SPDX-License-Identifier: Apache-2.0
#include "providers/sip/net/hosts.hpp"

#include <cctype>
#include <fstream>
#include <sstream>

namespace switchhook::sip {
namespace {

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace

std::string Hosts::find(std::string name, bool ipv6) {
  struct stat now {};
  if (::stat(file_.c_str(), &now) == 0 &&
      (now.st_size != size_ || now.st_mtim.tv_sec != changed_.tv_sec ||
       now.st_mtim.tv_nsec != changed_.tv_nsec)) {
    changed_ = now.st_mtim;
    size_ = now.st_size;
    read();
  }
  name = lower(std::move(name));
  if (const auto found = addresses_.find({name, ipv6}); found != addresses_.end())
    return found->second;
  if (name == "localhost") return ipv6 ? "::1" : "127.0.0.1";  // RFC 6761 section 6.3
  return {};
}

void Hosts::read() {
  addresses_.clear();
  std::ifstream file(file_);
  std::string text(kBytes, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string address, name;
    words >> address;
    const bool ipv6 = address.find(':') != std::string::npos;
    while (words >> name) addresses_.try_emplace({lower(name), ipv6}, address);
  }
}

}  // namespace switchhook::sip
