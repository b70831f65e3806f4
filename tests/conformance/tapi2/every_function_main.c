/* SPDX-License-Identifier: Apache-2.0 */
/* A C program that is linked with the library and names every function of tapi.h. Before
   lineInitializeEx it calls each that is not offered. */
#include <stdio.h>

#include "tests/conformance/tapi2/every_function.h"

int main(void) {
  int wrong = 0;
  unsigned refused = 0;
  for (unsigned i = 0; i < kEveryFunctionCount; ++i) {
    const struct Function* function = &kEveryFunction[i];
    if (function->address == NULL) {
      printf("%s: has no address\n", function->name);
      wrong = 1;
    }
    if (function->call == NULL) continue;
    const LONG result = function->call(0, 0, 0);
    ++refused;
    if (result < 0 && result == function->before_initialize) continue;
    printf("%s: answers 0x%08x, not 0x%08x\n", function->name, (unsigned)result,
           (unsigned)function->before_initialize);
    wrong = 1;
  }
  printf("%u functions, %u of them not offered\n", kEveryFunctionCount, refused);
  return kEveryFunctionCount > 200 && refused > 0 ? wrong : 1;
}
