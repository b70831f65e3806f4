// SPDX-License-Identifier: Apache-2.0
// A program that does nothing: what the tests' precompiled headers hang on.
int main() {}
