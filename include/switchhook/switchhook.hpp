// SPDX-License-Identifier: Apache-2.0
#pragma once

// The whole C++ API in one header. Threads and ownership: see each of them.

#include "switchhook/application.hpp"
#include "switchhook/error.hpp"
#include "switchhook/line.hpp"
#include "switchhook/operator.hpp"
#include "switchhook/session.hpp"
#include "switchhook/text.hpp"
#include "switchhook/types.hpp"
