// SPDX-License-Identifier: Apache-2.0
// RFC 4475 section 3.1.1: messages that are valid, however odd they look.
#include <algorithm>

#include "tests/sip/torture.hpp"

namespace switchhook::sip::test {
namespace {

using namespace std::string_literals;

std::string times(int count, const std::string& text) {
  std::string out;
  for (int i = 0; i < count; ++i) out += text;
  return out;
}

std::string long_values() {
  const std::string caller = times(5, "amazinglylongcallername");
  std::string text =
      "INVITE sip:user@example.com SIP/2.0\n"
      "To: \"I have a user name of " +
      times(10, "extreme") + " proportion\"<sip:user@example.com:6000;unknownparam1=very" +
      times(20, "long") + "value;longparam" + times(25, "name") + "=shortvalue;very" +
      times(25, "long") + "ParameterNameWithNoValue>\nF: sip:" + caller + "@example.net;tag=12" +
      times(50, "982") + "424;unknownheaderparam" + times(20, "name") + "=unknowheaderparam" +
      times(15, "value") + ";unknownValueless" + times(10, "paramname") + "\nCall-ID: longreq.one" +
      times(20, "really") + "longcallid\nCSeq: 3882340 INVITE\nUnknown-" + times(20, "Long") +
      "-Name: unknown-" + times(20, "long") + "-value; unknown-" + times(20, "long") +
      "-parameter-name = unknown-" + times(20, "long") + "-parameter-value\n";
  const char* names[] = {"Via:", "v:",   "V:",  "Via:", "ViA:", "VIa:", "VIA:",  "via:",  "viA:",
                         "vIa:", "vIA:", "V :", "v :",  "V  :", "v  :", "Via :", "Via  :"};
  int host = 33;
  for (const char* name : names)
    text += name + " SIP/2.0/TCP sip"s + std::to_string(host--) + ".example.com\n";
  for (; host > 0; --host) text += "Via: SIP/2.0/TCP sip" + std::to_string(host) + ".example.com\n";
  text += "Via: SIP/2.0/TCP host.example.com;received=192.0.2.5;branch=very" + times(50, "long") +
          "branchvalue\nMax-Forwards: 70\nContact: <sip:" + caller +
          "@host5.example.net>\nContent-Type: application/sdp\nl: 150\n\n";
  return torture_lines(text) + torture_sdp("192.0.2.1");
}

/// A signed MESSAGE whose second part is binary.
std::string multipart() {
  std::string signature = "\x30\x82\x01\x52\x06\x09\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02\xA0"s;
  while (signature.size() < 326) signature.push_back(static_cast<char>(signature.size() * 7));
  const std::string body = torture_lines(
                               "--7a9cbec02ceef655\n"
                               "Content-Type: text/plain\n"
                               "Content-Transfer-Encoding: binary\n\n"
                               "Hello\n"
                               "--7a9cbec02ceef655\n"
                               "Content-Type: application/octet-stream\n"
                               "Content-Transfer-Encoding: binary\n\n") +
                           signature + "\r\n--7a9cbec02ceef655--\r\n";
  return torture_lines(
             "MESSAGE sip:kumiko@example.org SIP/2.0\n"
             "Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK-d87543-4dade06d0bdb11ee-1--d87543-\n"
             "Max-Forwards: 70\n"
             "Route: <sip:127.0.0.1:5080>\n"
             "Identity: r5mwreLuyDRYBi/0TiPwEsY3rEVsk/G2WxhgTV1PF7hHuLIK0YWVKZhKv9Mj8UeXqkMVbnVq3\n"
             " 7CD+813gvYjcBUaZngQmXc9WNZSDNGCzA+fWl9MEUHWIZo1CeJebdY/XlgKeTa0Olvq0rt70Q5jiSfbqMJ\n"
             " mQFteeivUhkMWYUA=\n"
             "Contact: <sip:fluffy@127.0.0.1:5070>\n"
             "To: <sip:kumiko@example.org>\n"
             "From: <sip:fluffy@example.com>;tag=2fb0dcc9\n"
             "Call-ID: 3d9485ad0c49859b@Zmx1ZmZ5LW1hYy0xNi5sb2NhbA..\n"
             "CSeq: 1 MESSAGE\n"
             "Content-Transfer-Encoding: binary\n"
             "Content-Type: multipart/mixed;boundary=7a9cbec02ceef655\n"
             "Date: Sat, 15 Oct 2005 04:44:56 GMT\n"
             "User-Agent: SIPimp.org/0.2.5 (curses)\n"
             "Content-Length: ") +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace

std::string torture_lines(std::string text) {
  for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 2)
    text.insert(at, 1, '\r');
  return text;
}

std::size_t torture_transport(const std::string& text) {
  std::size_t first = std::string::npos;
  for (const char* name : {"/UDP ", "/UDP\r", "/TCP ", "/TLS "})
    first = std::min(first, text.find(name));
  return first + 1;
}

std::string torture_sdp(const std::string& address) {
  return torture_lines("v=0\no=mhandley 29739 7272939 IN IP4 " + address + "\ns=-\nc=IN IP4 " +
                       address +
                       "\nt=0 0\nm=audio 49217 RTP/AVP 0 12\nm=video 3227 RTP/AVP 31\n"
                       "a=rtpmap:31 LPC\n");
}

std::vector<TortureMessage> torture_all() {
  std::vector<TortureMessage> all = torture_valid();
  for (const auto& more : {torture_invalid(), torture_meaning()})
    all.insert(all.end(), more.begin(), more.end());
  return all;
}

std::vector<TortureMessage> torture_valid() {
  std::vector<TortureMessage> out;
  const auto add = [&](const char* section, const std::string& text, std::vector<int> answers,
                       bool offered = false) {
    out.push_back({section, text, std::move(answers), offered});
  };
  // Its To has a tag: of no dialog of ours.
  add("3.1.1.1", torture_lines(R"(INVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0
TO :
 sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n
from   : "J Rosenberg \\\""       <sip:jdrosen@example.com>
  ;
  tag = 98asjd8
MaX-fOrWaRdS: 0068
Call-ID: wsinv.ndaksdj@192.0.2.1
Content-Length   : 150
cseq: 0009
  INVITE
Via  : SIP  /   2.0
 /UDP
    192.0.2.2;branch=390skdjuw
s :
NewFangledHeader:   newfangled value
 continued newfangled value
UnknownHeaderWithUnusualValue: ;;,,;;,;
Content-Type: application/sdp
Route:
 <sip:services.example.com;lr;unknownwith=value;unknown-no-value>
v:  SIP  / 2.0  / TCP     spindle.example.com   ;
  branch  =   z9hG4bK9ikj8  ,
 SIP  /    2.0   / UDP  192.168.255.111   ; branch=
 z9hG4bK30239
m:"Quoted string \"\"" <sip:jdrosen@example.com> ; newparam =
      newvalue ;
  secondparam ; q = 0.33

)") + torture_sdp("192.0.2.3"),
      {481});
  add("3.1.1.2",
      torture_lines(
          "!interesting-Method0123456789_*+`.%indeed'~ "
          R"(sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com SIP/2.0
Via: SIP/2.0/TCP host1.example.com;branch=z9hG4bK-.!%66*_+`'~
)"
          "To: \"BEL:\\\x07 NUL:\\\x00 DEL:\\\x7F\" "
          R"(<sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*@example.com>
From: token1~` token2'+_ token3*%!.- <sip:mundane@example.com>;fromParam''~+*_!.-%=")"
          "\xD1\x80\xD0\xB0\xD0\xB1\xD0\xBE\xD1\x82\xD0\xB0\xD1\x8E\xD1\x89\xD0\xB8\xD0\xB9"
          R"(";tag=_token~1'+`*%!-.
Call-ID: intmeth.word%ZK-!.*_+'@word`~)(><:\/"][?}{
CSeq: 139122385 !interesting-Method0123456789_*+`.%indeed'~
Max-Forwards: 255
extensionHeader-!.%*+_`'~:)"
          "\xEF\xBB\xBF\xE5\xA4\xA7\xE5\x81\x9C\xE9\x9B\xBB"
          R"(
Content-Length: 0

)"s),
      {501, kSilence});  // a NUL ends a header for sofia-sip: it is dropped
  add("3.1.1.3", torture_lines(R"(INVITE sip:sips%3Auser%40example.com@example.net SIP/2.0
To: sip:%75se%72@example.com
From: <sip:I%20have%20spaces@example.net>;tag=938
Max-Forwards: 87
i: esc01.239409asdfakjkn23onasd0-3234
CSeq: 234234 INVITE
Via: SIP/2.0/UDP host5.example.net;branch=z9hG4bKkdjuw
C: application/sdp
Contact:
  <sip:cal%6Cer@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31>
Content-Length: 150

)") + torture_sdp("192.0.2.1"),
      {404});
  add("3.1.1.4", torture_lines(R"(REGISTER sip:example.com SIP/2.0
To: sip:null-%00-null@example.com
From: sip:null-%00-null@example.com;tag=839923423
Max-Forwards: 70
Call-ID: escnull.39203ndfvkjdasfkq3w4otrq0adsfdfnavd
CSeq: 14398234 REGISTER
Via: SIP/2.0/UDP host5.example.com;branch=z9hG4bKkdjuw
Contact: <sip:%00@host5.example.com>
Contact: <sip:%00%00@host5.example.com>
L:0

)"),
      {405});
  add("3.1.1.5", torture_lines(R"(RE%47IST%45R sip:registrar.example.com SIP/2.0
To: "%Z%45" <sip:resource@example.com>
From: "%Z%45" <sip:resource@example.com>;tag=f232jadfj23
Call-ID: esc02.asdfnqwo34rq23i34jrjasdcnl23nrlknsdf
Via: SIP/2.0/TCP host.example.com;branch=z9hG4bK209%fzsnel234
CSeq: 29344 RE%47IST%45R
Max-Forwards: 70
Contact: <sip:alias1@host1.example.com>
C%6Fntact: <sip:alias2@host2.example.com>
Contact: <sip:alias3@host3.example.com>
l: 0

)"),
      {501});
  add("3.1.1.6", torture_lines(R"(OPTIONS sip:user@example.com SIP/2.0
To: sip:user@example.com
From: caller<sip:caller@example.com>;tag=323
Max-Forwards: 70
Call-ID: lwsdisp.1234abcd@funky.example.com
CSeq: 60 OPTIONS
Via: SIP/2.0/UDP funky.example.com;branch=z9hG4bKkdjuw
l: 0

)"),
      {200});
  add("3.1.1.7", long_values(), {180}, true);
  // By UDP what follows the first message is no message; by TCP it is the next one.
  add("3.1.1.8", torture_lines(R"(REGISTER sip:example.com SIP/2.0
To: sip:j.user@example.com
From: sip:j.user@example.com;tag=43251j3j324
Max-Forwards: 8
I: dblreq.0ha0isndaksdj99sdfafnl3lk233412
Contact: sip:j.user@host.example.com
CSeq: 8 REGISTER
Via: SIP/2.0/UDP 192.0.2.125;branch=z9hG4bKkdjuw23492
Content-Length: 0


INVITE sip:joe@example.com SIP/2.0
t: sip:joe@example.com
From: sip:caller@example.net;tag=141334
Max-Forwards: 8
Call-ID: dblreq.0ha0isnda977644900765@192.0.2.15
CSeq: 8 INVITE
Via: SIP/2.0/UDP 192.0.2.15;branch=z9hG4bKkdjuw380234
Content-Type: application/sdp
Content-Length: 150

v=0
o=mhandley 29739 7272939 IN IP4 192.0.2.15
s=-
c=IN IP4 192.0.2.15
t=0 0
m=audio 49217 RTP/AVP 0 12
m =video 3227 RTP/AVP 31
a=rtpmap:31 LPC
)"),
      {405});
  add("3.1.1.9", torture_lines(R"(OPTIONS sip:user;par=u%40example.net@example.com SIP/2.0
To: sip:j_user@example.com
From: sip:caller@example.org;tag=33242
Max-Forwards: 3
Call-ID: semiuri.0ha0isndaksdj
CSeq: 8 OPTIONS
Accept: application/sdp, application/pkcs7-mime,
        multipart/mixed, multipart/signed,
        message/sip, message/sipfrag
Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKkdjuw
l: 0

)"),
      {404});
  add("3.1.1.10", torture_lines(R"(OPTIONS sip:user@example.com SIP/2.0
To: sip:user@example.com
From: <sip:caller@example.com>;tag=323
Max-Forwards: 70
Call-ID:  transports.kijh4akdnaqjkwendsasfdj
Accept: application/sdp
CSeq: 60 OPTIONS
Via: SIP/2.0/UDP t1.example.com;branch=z9hG4bKkdjuw
Via: SIP/2.0/SCTP t2.example.com;branch=z9hG4bKklasjdhf
Via: SIP/2.0/TLS t3.example.com;branch=z9hG4bK2980unddj
Via: SIP/2.0/UNKNOWN t4.example.com;branch=z9hG4bKasd0f3en
Via: SIP/2.0/TCP t5.example.com;branch=z9hG4bK0a9idfnee
l: 0

)"),
      {200});
  add("3.1.1.11", multipart(), {405});
  add("3.1.1.12",
      torture_lines("SIP/2.0 200 = 2**3 * 5**2 "
                    "\xD0\xBD\xD0\xBE \xD1\x81\xD1\x82\xD0\xBE "
                    "\xD0\xB4\xD0\xB5\xD0\xB2\xD1\x8F\xD0\xBD\xD0\xBE\xD1\x81\xD1\x82\xD0\xBE "
                    "\xD0\xB4\xD0\xB5\xD0\xB2\xD1\x8F\xD1\x82\xD1\x8C - "
                    "\xD0\xBF\xD1\x80\xD0\xBE\xD1\x81\xD1\x82\xD0\xBE\xD0\xB5"
                    R"(
Via: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1324923
Call-ID: unreason.1234ksdfak3j2erwedfsASdf
CSeq: 35 INVITE
From: sip:user@example.com;tag=11141343
To: sip:user@example.edu;tag=2229
Content-Length: 154
Content-Type: application/sdp
Contact: <sip:user@host198.example.com>

)"s) + torture_sdp("192.0.2.198"),
      {});
  add("3.1.1.13",
      torture_lines("SIP/2.0 100 "
                    R"(
Via: SIP/2.0/UDP 192.0.2.105;branch=z9hG4bK2398ndaoe
Call-ID: noreason.asndj203insdf99223ndf
CSeq: 35 INVITE
From: <sip:user@example.com>;tag=39ansfi3
To: <sip:user@example.edu>;tag=902jndnke3
Content-Length: 0
Contact: <sip:user@host105.example.com>

)"),
      {});
  return out;
}

}  // namespace switchhook::sip::test
