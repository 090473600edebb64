// Passkeys: asks the browser for one and puts what it says into a form of ours. Without script the forms stay hidden.

const decode = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
const encode = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const described = (all = []) => all.map((one) => ({ ...one, id: decode(one.id) }));

async function made(options) {
  const found = await navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: decode(options.challenge),
      user: { ...options.user, id: decode(options.user.id) },
      excludeCredentials: described(options.excludeCredentials),
    },
  });
  const { clientDataJSON, attestationObject } = found.response;
  return written(found, { clientDataJSON: encode(clientDataJSON), attestationObject: encode(attestationObject) });
}

async function signed(options) {
  const found = await navigator.credentials.get({
    publicKey: {
      ...options,
      challenge: decode(options.challenge),
      allowCredentials: described(options.allowCredentials),
    },
  });
  const { clientDataJSON, authenticatorData, signature, userHandle } = found.response;
  return written(found, {
    clientDataJSON: encode(clientDataJSON),
    authenticatorData: encode(authenticatorData),
    signature: encode(signature),
    ...(userHandle ? { userHandle: encode(userHandle) } : {}),
  });
}

const written = (found, response) =>
  JSON.stringify({ id: found.id, rawId: encode(found.rawId), type: found.type, response });

for (const form of window.PublicKeyCredential ? document.querySelectorAll("form[data-passkey]") : []) {
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    const trouble = form.querySelector("[role=alert]");
    button.disabled = true;
    trouble.hidden = true;
    try {
      const asked = await fetch(form.dataset.begin, { method: "POST" });
      if (!asked.ok) throw new Error(asked.status);
      const options = await asked.json();
      form.elements.answer.value = await (form.dataset.passkey === "make" ? made(options) : signed(options));
      form.submit();
    } catch {
      trouble.hidden = false;
      button.disabled = false;
      button.focus();
    }
  });
}
