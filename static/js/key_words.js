// What the islands with a key say when something fails in the browser. Kept here and not in the pages: every page would
// carry the words, and hardly anybody sees them; this file is loaded once.
const ENGLISH = document.documentElement.lang === "en";

export const SIGNING = ENGLISH
  ? {
      wrong_password: "Wrong certificate password; enter it again",
      no_key: "There is no usable certificate on this device. Sign on the device it was installed on, or install a new one.",
      no_webcrypto: "This browser cannot sign. Use another browser, or go on with another device.",
      storage_blocked: "The browser does not let keys be read. Do not use a private window, or go on with another device.",
      network: "The network failed before signing was finished. Press “Sign the agreements” again later; no new code is needed.",
      failed: "Signing failed. Reload the page and try once more.",
    }
  : {
      wrong_password: "证书密码不对，请再输一遍",
      no_key: "这台设备上没有可用的证书。请回到安装证书的设备签署，或装一张新证书。",
      no_webcrypto: "这个浏览器不能签名，请换一个浏览器，或换一台设备继续。",
      storage_blocked: "浏览器不让读取密钥。请不要用无痕窗口，或换一台设备继续。",
      network: "网络不通，没有签完。请稍后再点一次“签署协议”，不用重新获取验证码。",
      failed: "没有签署成功。请刷新页面，再试一次。",
    };

export const MAKING_A_KEY = ENGLISH
  ? {
      too_short: "The password needs at least {n} characters",
      repeats: "Too few different characters: easily guessed",
      sequence: "Runs of the keyboard, the alphabet or digits are easily guessed",
      digits: "A password of digits only needs 12 of them; no birthday and no phone number",
      common: "Many people use this password. Please choose another",
      not_same: "The two passwords are not the same",
      wrong_password: "Wrong certificate password; enter it again",
      no_key: "This device does not have this certificate's key. Go back to the device where it was installed.",
      no_webcrypto: "This browser cannot make keys. Use another browser, or go on with another device.",
      storage_blocked: "The browser does not let keys be kept. Do not use a private window, or go on with another device.",
      failed: "It did not work; try once more.",
    }
  : {
      too_short: "密码至少 {n} 个字符",
      repeats: "密码里不同的字符太少，别人容易猜到",
      sequence: "密码是键盘上或顺序相连的字符，别人容易猜到",
      digits: "只用数字的密码至少 12 位；也不要用生日或手机号",
      common: "这是很多人用的密码，请换一个",
      not_same: "两次输入的密码不一样",
      wrong_password: "证书密码不对，请再输一遍",
      no_key: "这台设备上没有这张证书的密钥，请回到安装它的设备。",
      no_webcrypto: "这个浏览器不能生成密钥，请换一个浏览器，或换一台设备继续。",
      storage_blocked: "浏览器不让保存密钥。请不要用无痕窗口，或换一台设备继续。",
      failed: "没有生成成功，请再试一次。",
    };
