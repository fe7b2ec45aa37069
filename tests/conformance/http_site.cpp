// SPDX-License-Identifier: Apache-2.0
// http_site FILE: serves HTTPS on loopback with a certificate of its own, which it writes to FILE,
// for clients that others wrote. Prints its port and the certificate's fingerprint; ends when its
// input does.
#include <fstream>
#include <iostream>

#include "tests/conformance/http_fixture.h"

namespace holdfast::test {

namespace {

// What came, as text; below /pieces it comes in pieces.
void tell(const ports::HttpRequest& request, ports::HttpAnswer& answer) {
  const std::string text =
      request.method + " " + request.path + " " + std::string(text_of(request.body)) + "\n";
  if (!request.path.starts_with("/pieces")) {
    static_cast<void>(answer_with(answer, text));
    return;
  }
  static_cast<void>(answer.begin(200, {}, std::nullopt));
  for (int i = 0; i < 3; ++i) static_cast<void>(answer.write(view_of(text)));
}

int serve(const char* file) {
  ports::HttpListen request = TlsHttp::listen_request();
  std::ofstream(file) << request.certificate;
  const auto facts =
      linux::OpenSslCertificates().look_at(request.certificate, request.key.view()).value();
  TestHandler handler(tell);
  const auto listener = linux::HttpServer().listen(request, handler).value();
  std::cout << listener->port() << ' ' << facts.fingerprint.hex() << std::endl;
  while (std::cin.get() != EOF) {
  }
  return 0;
}

}  // namespace

}  // namespace holdfast::test

int main(int count, char** arguments) {
  return count == 2 ? holdfast::test::serve(arguments[1]) : 2;
}
