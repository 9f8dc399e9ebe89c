// The login page as a React application of the same words, with the same sheet: what most sites would send.
import { useState } from "react";
import { createRoot } from "react-dom/client";

function Field({ id, label, children, ...rest }) {
  return (
    <>
      <label htmlFor={id}>{label}</label>
      {children}
      <input id={id} name={id} autoComplete="off" {...rest} />
    </>
  );
}

function Login() {
  const [faults, setFaults] = useState([]);
  const submit = (event) => {
    event.preventDefault();
    const number = new FormData(event.target).get("id_number");
    setFaults(number.length === 18 ? [] : ["身份证号码应为 18 位，请核对位数"]);
  };
  return (
    <>
      {faults.length > 0 && (
        <div className="note bad" role="alert">
          <h2>有 {faults.length} 处需要改</h2>
          <ul>{faults.map((fault) => <li key={fault}><a href="#id_number">{fault}</a></li>)}</ul>
        </div>
      )}
      <h1>登录</h1>
      <form onSubmit={submit}>
        <Field id="id_number" label="身份证号码" className="num" />
        <Field id="account_type" label="账户类型" readOnly value="期货经纪">
          <span className="hint">本业务只办理期货经纪账户</span>
        </Field>
        <Field id="captcha" label="图形验证码" inputMode="numeric" />
        <button className="bare" type="button">换一张</button>
        <Field id="sms_code" label="短信验证码" inputMode="numeric" />
        <button className="alt" type="button">获取验证码</button>
        <label className="tick">
          <input type="checkbox" /><span>我已阅读并同意<a href="/privacy">隐私政策</a></span>
        </label>
        <button className="go">马上办理</button>
      </form>
    </>
  );
}

function Site() {
  return (
    <>
      <header><a href="/">北溟期货</a><a href="/language/en" lang="en">English</a></header>
      <nav aria-label="主菜单"><a href="/" aria-current="page">办理</a><a href="/business">我的业务</a><a href="/help">帮助</a></nav>
      <main id="main"><Login /></main>
      <footer><span>客服 400-000-0000</span><a href="/privacy">隐私政策</a><a href="/verify">验证已签文件</a></footer>
    </>
  );
}

createRoot(document.getElementById("root")).render(<Site />);
